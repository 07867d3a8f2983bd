import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.commands import compile as command
from pipeline.commands.compile import compile_for as really_compile
from pipeline.config import PipelineConfig, load_config

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[PipelineConfig]:
    """Puts a compiler in TFX's place that keeps what it was given."""
    given: list[PipelineConfig] = []

    def compile_for(target: str, config: PipelineConfig) -> str:
        given.append(config)
        return f"for {target}\n"

    monkeypatch.setattr(command, "compile_for", compile_for)
    return given


def test_the_file_is_written_and_told_of(
    compiled: list[PipelineConfig], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "build" / "movielens.yaml"
    arguments = ["--output", str(file), "--image", "movielens:2", "--set", "trainer.epochs=3"]
    assert cli.main(["compile", "--target", "kubeflow", *arguments]) == 0
    assert file.read_text() == "for kubeflow\n"
    assert str(file) in capsys.readouterr().err
    (config,) = compiled
    assert config.kubeflow.image == "movielens:2"
    assert config.trainer.epochs == 3


def test_the_image_of_the_command_line_wins(compiled: list[PipelineConfig], tmp_path: Path) -> None:
    file = tmp_path / "some.toml"
    file.write_text('[kubeflow]\nimage = "movielens:1"\n')
    arguments = ["--config", str(file), "--output", str(tmp_path / "out.yaml")]
    for image in ([], ["--image", "movielens:2"]):
        assert cli.main(["compile", "--target", "kubeflow", *arguments, *image]) == 0
    assert [config.kubeflow.image for config in compiled] == ["movielens:1", "movielens:2"]


def test_a_target_that_there_is_not_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compile", "--target", "cron"]) == 2
    assert "kubeflow" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a file").touch()
    target = tmp_path / "a file" / "movielens.yaml"
    assert cli.main(["compile", "--target", "kubeflow", "--output", str(target)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be written" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compile", "--target", "kubeflow"], "give --image NAME:TAG"),
        (["submit", "--endpoint", "http://localhost:1"], "give --image NAME:TAG"),
        (["compile", "--target", "airflow3"], "`pipeline.output` should be an absolute path"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused_before_tfx_is_loaded(
    arguments: list[str], message: str
) -> None:
    code = (
        "import sys; from pipeline import cli\n"
        f"code = cli.main({arguments!r})\n"
        "sys.exit(code if not {'tfx', 'tensorflow'} & set(sys.modules) else 99)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert message in line


def test_what_libraries_say_as_they_load_is_kept_from_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def compile_noisily(_: PipelineConfig) -> str:
        os.write(1, b"oneDNN custom operations are on\n")
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called\n")
        return "compiled"

    noisy = types.ModuleType("noisy")
    noisy.compile_noisily = compile_noisily
    monkeypatch.setitem(sys.modules, "noisy", noisy)
    target = (lambda _: None, "noisy", "compile_noisily")
    monkeypatch.setattr(command, "TARGETS", {"kubeflow": target})
    assert really_compile("kubeflow", load_config()) == "compiled"
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == "compiling (loading TFX takes some 20 s) ...\n"
