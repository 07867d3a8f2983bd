import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.commands import submit as command
from pipeline.config import PipelineConfig
from tests.support.kubeflow_api import KubeflowApi, serve


@pytest.fixture
def api() -> Iterator[KubeflowApi]:
    with serve(KubeflowApi()) as served:
        yield served


@pytest.fixture
def package(tmp_path: Path) -> str:
    file = tmp_path / "package.yaml"
    file.write_text("pipelineInfo:\n  name: movielens\n---\nplatforms: {}\n")
    return str(file)


def test_a_schedule_is_told_of_and_the_experiment_is_the_pipeline_s(
    api: KubeflowApi, package: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["submit", "--endpoint", api.endpoint, "--package", package]
    for told in ("set", "is there already"):
        assert cli.main([*arguments, "--schedule", "0 3 * * *"]) == 0
        assert f"of movielens {told}: 0 0 3 * * *" in capsys.readouterr().err
    assert [each["display_name"] for each in api.experiments] == ["movielens"]


def test_json_is_the_identifiers_alone(
    api: KubeflowApi, package: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--endpoint", api.endpoint, "--package", package, "--experiment", "e", "--json"]
    assert cli.main(["submit", *arguments]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["run_id"] == api.runs[0]["run_id"]
    assert told["recurring_run_id"] is None


def test_the_token_may_come_from_the_environment(
    api: KubeflowApi, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.token = "sesame"  # noqa: S105 - of the stand-in
    arguments = ["submit", "--endpoint", api.endpoint, "--package", package]
    assert cli.main(arguments) == 1
    monkeypatch.setenv(command.TOKEN_VARIABLE, "sesame")
    assert cli.main(arguments) == 0


def test_a_package_is_compiled_where_none_is_given(
    api: KubeflowApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compile_for(target: str, config: PipelineConfig) -> str:
        assert target == "kubeflow"
        return f"pipelineInfo: {{name: {config.pipeline.name}}}\n"

    monkeypatch.setattr(command, "compile_for", compile_for)
    arguments = ["--endpoint", api.endpoint, "--set", "pipeline.name=other"]
    assert cli.main(["submit", *arguments]) == 0
    assert api.pipelines[0]["display_name"] == "other"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--schedule", "3 at night"], "five fields of cron"),
        (["--endpoint", "localhost:8888"], "should be like https://host:port"),
        (["--image", "movielens:1"], "--package is compiled already"),
        (["--package", "absent.yaml"], "absent.yaml: No such file"),
        (["--package", __file__], "`movielens compile --target kubeflow` wrote"),
    ],
)
def test_bad_usage_is_one_line_and_sends_nothing(
    api: KubeflowApi,
    package: str,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["submit", "--endpoint", api.endpoint, "--package", package, *arguments]
    assert cli.main(given) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert api.calls == []
