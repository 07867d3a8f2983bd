import json
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli
from pipeline.commands import run
from pipeline.config import PipelineConfig, load_config
from pipeline.run.lock import exclusive_run
from pipeline.run.record import Run
from tests.pipeline.commands.conftest import Outcome
from trainer_module.tuning.tuner_config import TunerConfig


def test_a_blessed_and_pushed_model_is_exit_code_0(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome()
    assert cli.main(["run", "--output", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert "rmse    0.8800" in captured.out
    assert f"version 1732 is in {tmp_path / 'serving_model' / 'movielens'}" in captured.err
    assert "1 of 1 nodes from the cache" in captured.err
    assert json.loads((tmp_path / "summary.json").read_text())["pushed_version"] == 1732


def test_json_is_the_summary_alone_on_stdout(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome()
    assert cli.main(["run", "--output", str(tmp_path), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "summary.json").read_text())


def test_a_model_that_is_not_blessed_is_said_loudly_with_what_failed(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = "rmse 0.91 is above its ceiling 0.9 on slice genres=War"
    outcome(status="not_blessed", blessed=False, pushed_version=None, failures=[failure])
    assert cli.main(["run", "--output", str(tmp_path)]) == 1
    page, error = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: NOT BLESSED, so not pushed: {failure}.")
    assert page.startswith(f"report: {tmp_path}/report/")


def test_a_failed_node_is_one_line_that_names_node_and_log(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome(status="failed", metrics={}, failures=["Trainer: out of patience"])
    assert cli.main(["run", "--output", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    page, error = captured.err.splitlines()
    assert error.startswith("error: Trainer: out of patience (log: ")
    assert str(tmp_path / "logs" / "run-") in error
    assert Path(page.removeprefix("report: ")).is_file()


def test_an_interrupted_run_has_a_summary_and_exit_code_130(
    outcome: Outcome, tmp_path: Path
) -> None:
    outcome(status="interrupted", metrics={})
    assert cli.main(["run", "--output", str(tmp_path)]) == 130
    assert json.loads((tmp_path / "summary.json").read_text())["status"] == "interrupted"


def test_a_second_run_on_the_same_output_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with exclusive_run(load_config(output=str(tmp_path))):
        assert cli.main(["run", "--output", str(tmp_path)]) == 1
    assert "another run (process" in capsys.readouterr().err
    assert not (tmp_path / "summary.json").exists()


@pytest.mark.parametrize(("arguments", "enabled"), [(["--tune"], True), ([], False)])
def test_tune_turns_the_tuner_on(
    outcome: Outcome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    enabled: bool,
) -> None:
    outcome()
    finish, configs = run._execute, []

    def execute(config: PipelineConfig, *rest: Any) -> Run:
        configs.append(config)
        return finish(config, *rest)

    monkeypatch.setattr(run, "_execute", execute)
    assert cli.main(["run", "--output", str(tmp_path), "--set", "tuner.trials=3", *arguments]) == 0
    assert configs[0].tuner == TunerConfig(enabled=enabled, trials=3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--tune", "--set", "tuner.trials=0"],
            "`tuner.trials` should be a whole number from 1 to",
        ),
        (["--tune", "--set", "trainer.model=bias"], "something to tune"),
        (["--set", "trainer.epoch=1"], "did you mean `trainer.epochs`?"),
        (["--set", "ingest.split=reference-leaky"], "exists for the scoreboard only"),
        (["--data", "/no/such/folder"], "the data folder /no/such/folder does not exist"),
        (["--data", __file__], f"{__file__} is a file; give the folder of a ratings and a movies"),
        (["--config", "absent.toml"], "no configuration file absent.toml"),
    ],
)
def test_bad_usage_is_exit_code_2_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    output = tmp_path / "out"
    assert cli.main(["run", "--output", str(output), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not output.exists()
