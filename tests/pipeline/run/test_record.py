import json
from pathlib import Path

import pytest

from pipeline.run.record import NodeSummary, RunSummary, print_summary, write_summary


def a_summary(**changes: object) -> RunSummary:
    values: dict[str, object] = {
        "run_id": "r1",
        "status": "succeeded",
        "model": "mf_dnn",
        "objective": "mse",
        "split": "temporal",
        "seconds": 12.34567,
        "nodes": [
            NodeSummary(
                id="Trainer",
                state="executed",
                seconds=1.23456,
                why="its code changed",
                peak_rss_mb=1500,
                found="best epoch 3",
            )
        ],
        "blessed": True,
        "pushed_version": 1732400000,
        "dataset": {"ratings": 100004, "users": 671, "movies": 9066, "bad_rows": 0},
        "metrics": {"rmse": 0.88, "auc": 0.79},
        "slices": [{"name": "genres=War", "rows": 7, "metrics": {"rmse": 0.9}}],
    }
    return RunSummary(**{**values, **changes})  # type: ignore[arg-type]


def test_the_file_has_the_agreed_keys_and_values(tmp_path: Path) -> None:
    path = write_summary(a_summary(), tmp_path)
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
        "metrics": {"rmse": 0.88, "auc": 0.79},
        "changes": {},
        "slices": [{"name": "genres=War", "rows": 7, "metrics": {"rmse": 0.9}}],
        "failures": [],
        "nodes": [
            {
                "id": "Trainer",
                "state": "executed",
                "seconds": 1.235,
                "why": "its code changed",
                "found": "best epoch 3",
                "peak_rss_mb": 1500,
            }
        ],
        "seconds": 12.346,
    }


def test_a_run_that_failed_early_has_a_summary_too(tmp_path: Path) -> None:
    failed = a_summary(
        status="failed",
        blessed=False,
        pushed_version=None,
        dataset=None,
        metrics={},
        slices=[],
        failures=["Trainer: no memory"],
    )
    written = json.loads(write_summary(failed, tmp_path).read_text())
    assert (written["status"], written["pushed_version"], written["dataset"]) == (
        "failed",
        None,
        None,
    )
    assert written["failures"] == ["Trainer: no memory"]


def test_a_summary_that_cannot_be_written_leaves_the_earlier_one(tmp_path: Path) -> None:
    write_summary(a_summary(), tmp_path)
    with pytest.raises(ValueError, match="nan"):
        write_summary(a_summary(run_id="r2", metrics={"rmse": float("nan")}), tmp_path)
    assert json.loads((tmp_path / "summary.json").read_text())["run_id"] == "r1"
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_metrics_and_slices_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(a_summary())
    assert capsys.readouterr().out.splitlines() == [
        "Test metrics (mf_dnn, mse, split temporal)",
        "metric   value",
        "------  ------",
        "rmse    0.8800",
        "auc     0.7900",
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
    print_summary(a_summary(metrics=metrics, changes=changes, slices=[]))
    assert capsys.readouterr().out.splitlines()[1:5] == [
        "metric          value   change",
        "-------------  ------  -------",
        "example_count  20,003        -",
        "rmse           0.8800  -0.0123",
    ]


def test_nothing_is_printed_of_a_run_without_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(a_summary(metrics={}, slices=[]))
    assert capsys.readouterr().out == ""
