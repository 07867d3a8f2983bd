import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli
from pipeline.commands import run as run_command
from pipeline.run.record import Node, Run
from tests.pipeline.commands.conftest import Outcome
from tests.support.run_records import a_run


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Puts an outcome in the place of the execution of a node."""

    def install(ended: Run | None = None, **changes: Any) -> None:
        values: dict[str, Any] = {
            "id": "Pusher",
            "state": "executed",
            "why": "first run",
            "seconds": 0.5,
        }
        node = Node(**values | changes)
        monkeypatch.setattr(run_command, "_execute_node", lambda *_: (node, ended))

    return install


def command(tmp_path: Path, *more: str) -> list[str]:
    return ["run", "--output", str(tmp_path), "--node", "Pusher", "--run-id", "nightly", *more]


def test_the_last_node_tells_what_came_of_the_run(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome(a_run(run_id="nightly", pushed_version=7))
    assert cli.main(command(tmp_path)) == 0
    error = capsys.readouterr().err
    assert f"run nightly: version 7 is in {tmp_path / 'serving_model' / 'movielens'}" in error


def test_a_refused_model_is_told_and_no_failure_that_a_scheduler_would_try_again(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome(
        a_run(
            run_id="nightly",
            status="not_blessed",
            blessed=False,
            pushed_version=None,
            failures=["rmse 9"],
        ),
    )
    assert cli.main(command(tmp_path)) == 0
    assert "warning: run nightly: NOT BLESSED, so not pushed: rmse 9." in capsys.readouterr().err


def test_a_failed_node_is_exit_code_1_and_names_its_log(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome(a_run(run_id="nightly", status="failed"), state="failed", why="disk full")
    assert cli.main(command(tmp_path)) == 1
    log = tmp_path / "logs" / "run-nightly-Pusher.log"
    assert capsys.readouterr().err == f"error: Pusher: disk full (log: {log})\n"


@pytest.mark.parametrize("state", ["executed", "failed"])
def test_with_json_logs_every_line_is_an_object(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    outcome(a_run(run_id="nightly", pushed_version=7), state=state, why="disk full")
    code = cli.main(command(tmp_path, "--log-format", "json"))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {(line["run_id"], line["level"]) for line in lines} == {
        ("nightly", "ERROR" if code else "INFO")
    }
    assert code == (state == "failed")


def test_json_tells_the_node_and_the_run_that_it_ended(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome()
    assert cli.main(command(tmp_path, "--json")) == 0
    assert '"state": "executed"' in (told := capsys.readouterr().out)
    assert '"summary": null' in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--node", "Trainer"], "--node and --run-id go together"),
        (["--run-id", "nightly"], "--node and --run-id go together"),
        (["--node", "Trainer", "--run-id", "../up"], r"Received: '../up'"),
        (["--node", "Trainer", "--run-id", ""], r"Received: ''"),
        (["--node", "Traner", "--run-id", "nightly"], "no node `Traner` among CuratedSchema, "),
    ],
)
def test_half_a_request_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert cli.main(["run", "--output", str(tmp_path / "out"), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_node_that_a_signal_stops_is_exit_code_130(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    log_format: str,
) -> None:
    def execute(*_: object) -> None:
        try:
            os.kill(os.getpid(), number)
        except KeyboardInterrupt as error:
            raise RuntimeError("KeyboardInterrupt") from error

    monkeypatch.setattr(run_command, "_execute_node", execute)
    assert cli.main(command(tmp_path, "--log-format", log_format)) == 130
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)["message"] if log_format == "json" else line.removeprefix("error: ")
    assert told == "Pusher: interrupted; the same command starts it afresh"
