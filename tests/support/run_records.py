"""Records of runs that never ran."""

from pathlib import Path
from typing import Any

from pipeline.run.record import Run


def a_run(**changes: Any) -> Run:
    """The record of a run that pushed version 1732, with some attributes changed."""
    values: dict[str, Any] = {
        "pipeline": "movielens",
        "run_id": "r1",
        "status": "succeeded",
        "model": "mf_dnn",
        "objective": "mse",
        "split": "temporal",
        "seconds": 12.34567,
        "output": Path("/out"),
        "log": Path("/out/logs/run-r1.log"),
        "blessed": True,
        "pushed_version": 1732,
        "metrics": {"rmse": 0.88},
    }
    return Run(**values | changes)
