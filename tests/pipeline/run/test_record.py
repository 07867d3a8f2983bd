import json
from pathlib import Path
from typing import Any

import pytest

from components.anomaly_gate.anomalies import Distance
from pipeline.run.record import Node, Run, print_metrics, write_summary
from tests.support.run_records import a_run


def whole_run(**changes: Any) -> Run:
    values: dict[str, Any] = {
        "nodes": [
            Node(
                id="Trainer",
                state="executed",
                seconds=1.23456,
                cpu_seconds=2.34567,
                why="its code changed",
                peak_rss_mb=1500,
                found="best epoch 3",
            )
        ],
        "pushed_version": 1732400000,
        "dataset": {"ratings": 100004, "users": 671, "movies": 9066, "bad_rows": 0},
        "drift": [Distance(feature="genres", measure="L-infinity", value=0.0111, threshold=0.05)],
        "metrics": {"rmse": 0.88, "auc": 0.79},
        "errors": {"rmse": 0.01},
        "slices": [{"name": "genres=War", "rows": 7, "metrics": {"rmse": 0.9}}],
    }
    return a_run(**values | changes)


def test_the_file_has_the_agreed_keys_and_values(tmp_path: Path) -> None:
    path = write_summary(whole_run(output=tmp_path))
    assert path == tmp_path / "summary.json"
    assert json.loads(path.read_text()) == {
        "run_id": "r1",
        "status": "succeeded",
        "pushed_version": 1732400000,
        "blessed": True,
        "model": "mf_dnn",
        "objective": "mse",
        "split": "temporal",
        "dataset": {"ratings": 100004, "users": 671, "movies": 9066, "bad_rows": 0},
        "drift": [
            {"feature": "genres", "measure": "L-infinity", "value": 0.0111, "threshold": 0.05}
        ],
        "skew": [],
        "metrics": {"rmse": 0.88, "auc": 0.79},
        "errors": {"rmse": 0.01},
        "changes": {},
        "change_errors": {},
        "slices": [{"name": "genres=War", "rows": 7, "metrics": {"rmse": 0.9}}],
        "failures": [],
        "nodes": [
            {
                "id": "Trainer",
                "state": "executed",
                "seconds": 1.235,
                "cpu_seconds": 2.346,
                "why": "its code changed",
                "found": "best epoch 3",
                "peak_rss_mb": 1500,
            }
        ],
        "seconds": 12.346,
    }


def test_a_run_that_failed_early_has_whole_run_too(tmp_path: Path) -> None:
    failed = whole_run(
        output=tmp_path,
        status="failed",
        blessed=False,
        pushed_version=None,
        dataset=None,
        metrics={},
        slices=[],
        failures=["Trainer: no memory"],
    )
    written = json.loads(write_summary(failed).read_text())
    assert (written["status"], written["pushed_version"], written["dataset"]) == (
        "failed",
        None,
        None,
    )
    assert written["failures"] == ["Trainer: no memory"]


def test_whole_run_that_cannot_be_written_leaves_the_earlier_one(tmp_path: Path) -> None:
    write_summary(whole_run(output=tmp_path))
    with pytest.raises(ValueError, match="nan"):
        write_summary(whole_run(output=tmp_path, metrics={"rmse": float("nan")}, run_id="r2"))
    assert json.loads((tmp_path / "summary.json").read_text())["run_id"] == "r1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report", "summary.json"]


def test_metrics_and_slices_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_metrics(whole_run())
    assert capsys.readouterr().out.splitlines() == [
        "Test metrics (mf_dnn, mse, split temporal)",
        "metric   value     +/-",
        "------  ------  ------",
        "rmse    0.8800  0.0196",
        "auc     0.7900       -",
        "Slices of the test ratings",
        "slice       rows    rmse  auc",
        "----------  ----  ------  ---",
        "genres=War     7  0.9000  -",
    ]


def test_counts_are_whole_and_changes_against_the_last_model_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics = {"example_count": 20003.0, "rmse": 0.88}
    changes = {"example_count": 0.0, "rmse": -0.0123}
    change_errors = {"rmse": 0.001}
    print_metrics(
        whole_run(metrics=metrics, changes=changes, change_errors=change_errors, slices=[])
    )
    assert capsys.readouterr().out.splitlines()[1:5] == [
        "metric          value     +/-   change     +/-",
        "-------------  ------  ------  -------  ------",
        "example_count  20,003       -        -       -",
        "rmse           0.8800  0.0196  -0.0123  0.0020",
    ]


def test_nothing_is_printed_of_a_run_without_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    print_metrics(whole_run(metrics={}, slices=[]))
    assert capsys.readouterr().out == ""
