import json
from pathlib import Path

from pipeline.config import load_config
from pipeline.errors import RunFailure
from pipeline.run.outcome import OUTCOMES_FILE, append_outcome, outcome_of, outcome_of_error
from pipeline.run.record import NodeSummary, RunSummary

LOG = Path("/logs/run-r1.log")


def test_a_summary_s_essentials_are_one_line(tmp_path: Path) -> None:
    config = load_config(output=str(tmp_path))
    summary = RunSummary(
        run_id="r1",
        status="failed",
        model="gp_dnn",
        objective="ordinal",
        split="temporal",
        seconds=1.23456,
        nodes=[
            NodeSummary(id="Transform", state="executed", seconds=1.0, why=""),
            NodeSummary(id="Trainer", state="failed", seconds=0.2, why="no memory"),
        ],
        failures=["Trainer: no memory"],
    )
    append_outcome(outcome_of(summary, config, LOG), config.output)
    append_outcome(outcome_of(summary, config, LOG), config.output)
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
        "alert_failures": [],
    }


def test_a_run_without_a_summary_has_an_outcome_too(tmp_path: Path) -> None:
    config = load_config(output=str(tmp_path))
    refused = outcome_of_error(RunFailure("another run\nis working"), config, "r1", LOG, 0.1)
    assert (refused.status, refused.exit_code) == ("failed", 1)
    assert refused.failures == ["another run is working"]
    stopped = outcome_of_error(KeyboardInterrupt(), config, "r1", LOG, 0.1)
    assert (stopped.status, stopped.exit_code) == ("interrupted", 130)
