import json
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.errors import RunFailure
from pipeline.run.outcome import OUTCOMES_FILE, report, run_of_error, write_pages
from pipeline.run.record import Node, write_summary
from tests.support.run_records import a_run

LOG = Path("/logs/run-r1.log")


def test_the_essentials_of_a_run_are_one_line(tmp_path: Path) -> None:
    config = load_config(output=str(tmp_path))
    run = a_run(
        status="failed",
        seconds=1.23456,
        output=tmp_path,
        log=LOG,
        nodes=[
            Node(id="Transform", state="executed", seconds=1.0, why=""),
            Node(id="Trainer", state="failed", seconds=0.2, why="no memory"),
        ],
        blessed=False,
        pushed_version=None,
        metrics={},
        failures=["Trainer: no memory"],
    )
    report(run, config)
    report(run, config)
    lines = (tmp_path / OUTCOMES_FILE).read_text().splitlines()
    assert len(lines) == 2
    line = json.loads(lines[0])
    assert line.pop("time").endswith("+00:00")
    assert line.pop("host")
    assert line == {
        "event": "run_outcome",
        "pipeline": "movielens",
        "run_id": "r1",
        "status": "failed",
        "exit_code": 1,
        "failures": ["Trainer: no memory"],
        "failed_node": "Trainer",
        "blessed": False,
        "pushed_version": None,
        "metrics": {},
        "seconds": 1.235,
        "output": str(tmp_path),
        "log": "/logs/run-r1.log",
        "report": None,
        "alert_failures": [],
    }


def test_a_run_that_an_error_ended_has_an_outcome_too(tmp_path: Path) -> None:
    config = load_config(output=str(tmp_path))
    refused = run_of_error(RunFailure("another run\nis working"), config, "r1", LOG, 0.1)
    outcome = refused.to_outcome()
    assert (outcome["status"], outcome["exit_code"]) == ("failed", 1)
    assert outcome["failures"] == ["another run is working"]
    stopped = run_of_error(KeyboardInterrupt(), config, "r1", LOG, 0.1).to_outcome()
    assert (stopped["status"], stopped["exit_code"]) == ("interrupted", 130)


def test_a_run_has_a_page_which_its_outcome_names(tmp_path: Path) -> None:
    run = a_run(tmp_path, metrics={})
    assert run.to_outcome()["report"] is None
    write_summary(run)
    page = write_pages(run)
    assert page == tmp_path / "report" / "r1" / "index.html"
    assert run.to_outcome()["report"] == str(page)


def test_a_page_that_cannot_be_written_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_pages(a_run(tmp_path)) is None  # without a record
    assert "the report of run r1 cannot be written: LookupError" in capsys.readouterr().err
