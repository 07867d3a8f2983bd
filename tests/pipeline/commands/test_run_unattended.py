"""What `movielens run` leaves for those who did not watch it."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli
from pipeline.commands import run
from pipeline.config import load_config
from pipeline.errors import RunFailure
from pipeline.run.lock import exclusive_run
from pipeline.run.outcome import OUTCOMES_FILE
from tests.pipeline.commands.conftest import Outcome


def last_line(output: Path) -> dict[str, Any]:
    line: dict[str, Any] = json.loads((output / OUTCOMES_FILE).read_text().splitlines()[-1])
    return line


def alerting(tmp_path: Path, *command: str) -> list[str]:
    return ["--output", str(tmp_path), "--set", f"alerts.command={json.dumps(command)}"]


@pytest.mark.parametrize(
    ("status", "code"), [("succeeded", 0), ("not_blessed", 1), ("failed", 1), ("interrupted", 130)]
)
def test_every_run_appends_its_outcome_with_its_exit_code(
    outcome: Outcome, tmp_path: Path, status: str, code: int
) -> None:
    outcome(status=status, failures=[] if code == 0 else ["why"])
    for _ in range(2):
        assert cli.main(["run", "--output", str(tmp_path)]) == code
    assert len((tmp_path / OUTCOMES_FILE).read_text().splitlines()) == 2
    assert (last_line(tmp_path)["status"], last_line(tmp_path)["exit_code"]) == (status, code)


def test_a_run_that_met_another_has_an_outcome_and_leaves_the_other_s_summary(
    tmp_path: Path,
) -> None:
    with exclusive_run(load_config(output=str(tmp_path))):
        assert cli.main(["run", *alerting(tmp_path, "tee", f"{tmp_path}/told")]) == 1
    assert "another run (process" in last_line(tmp_path)["failures"][0]
    assert json.loads((tmp_path / "told").read_text())["exit_code"] == 1
    assert not (tmp_path / "summary.json").exists()


def test_an_unforeseen_error_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(run, "_execute", execute)
    assert cli.main(["run", "--output", str(tmp_path)]) == 1
    assert last_line(tmp_path)["failures"] == ["by zero"]


def test_an_alert_that_fails_is_a_warning_and_changes_nothing(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome(status="not_blessed", failures=["rmse"])
    assert cli.main(["run", *alerting(tmp_path, "false")]) == 1
    _page, warning, error = capsys.readouterr().err.splitlines()
    assert warning.startswith("warning: the alert command false ended with exit code 1")
    assert error.startswith("error: NOT BLESSED")
    assert last_line(tmp_path)["alert_failures"] == [warning.removeprefix("warning: ")]


def test_every_run_writes_its_metrics_and_keeps_the_last_success(
    outcome: Outcome, tmp_path: Path
) -> None:
    file = tmp_path / "movielens.prom"
    arguments = ["run", "--output", str(tmp_path), "--set", f"alerts.metrics_file={file}"]
    outcome(time="2026-11-28T12:00:00+00:00", pushed_version=1732)
    assert cli.main(arguments) == 0
    outcome(status="failed", failures=["why"], pushed_version=None)
    assert cli.main(arguments) == 1
    with (tmp_path / OUTCOMES_FILE).open("a") as outcomes:
        outcomes.write('{"event": "run_outc\n')  # as a power cut leaves it
    with exclusive_run(load_config(output=str(tmp_path))):
        assert cli.main(arguments) == 1
    written = file.read_text()
    labels = '{pipeline="movielens"}'
    assert 'movielens_run_status{pipeline="movielens",status="failed"} 1.0' in written
    assert f"movielens_last_success_timestamp_seconds{labels} 1.7958672e+09" in written
    assert f"movielens_pushed_version{labels} 1732.0" in written


def test_metrics_that_cannot_be_written_are_a_warning_first_and_last(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome()
    file = tmp_path / "typo" / "movielens.prom"
    arguments = ["run", "--output", str(tmp_path), "--set", f"alerts.metrics_file={file}"]
    assert cli.main(arguments) == 0
    first, *_, last = capsys.readouterr().err.splitlines()
    problem = f"the metrics cannot be written to {file}: there is no folder {tmp_path / 'typo'}"
    assert first == (
        f"warning: {problem}; see alerts.metrics_file. The run goes on and tries again at its end"
    )
    assert last == f"warning: {problem}; see alerts.metrics_file"
    assert last_line(tmp_path)["alert_failures"] == [last.removeprefix("warning: ")]


def test_a_full_disk_does_not_hide_the_outcome(
    outcome: Outcome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    outcome()
    monkeypatch.setattr("pipeline.run.outcome._append", full)
    monkeypatch.setattr("pipeline.store.retention.apply_retention", full)
    assert cli.main(["run", "--output", str(tmp_path)]) == 0
    warnings = [each for each in capsys.readouterr().err.splitlines() if "warning" in each]
    assert warnings == [
        "warning: after the run: [Errno 28] No space left on device",
        "warning: the outcome cannot be written: [Errno 28] No space left on device",
    ]


def test_sigterm_interrupts_a_run_as_ctrl_c_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def execute(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(run, "_execute", execute)
    assert cli.main(["run", "--output", str(tmp_path)]) == 130
    assert last_line(tmp_path)["status"] == "interrupted"
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("error", [RuntimeError, RunFailure])
def test_what_a_library_makes_of_an_interrupt_is_still_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def execute(*_: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt as interrupt:
            raise error("KeyboardInterrupt: [while running 'CreateSavedModel']") from interrupt

    monkeypatch.setattr(run, "_execute", execute)
    assert cli.main(["run", "--output", str(tmp_path)]) == 130
    assert (last_line(tmp_path)["status"], last_line(tmp_path)["exit_code"]) == ("interrupted", 130)


def test_with_json_logs_every_line_is_an_object_and_the_last_one_the_outcome(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome(status="not_blessed", failures=["rmse"])
    arguments = ["--log-format", "json", *alerting(tmp_path, "false")]
    assert cli.main(["run", *arguments]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines[1]["level"] == "WARNING"
    assert lines[1]["pipeline"] == "movielens"
    assert lines[-1] == last_line(tmp_path)
