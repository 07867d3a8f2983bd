"""Records of runs that never ran."""

from pathlib import Path
from typing import Any

from pipeline.config import load_config
from pipeline.run.record import Run


def a_run(output: Path = Path("/out"), **changes: Any) -> Run:
    """The record of a run that pushed version 1732, with some attributes changed."""
    values: dict[str, Any] = {
        "config": load_config(overrides=["trainer.model=mf_dnn"], output=str(output)),
        "run_id": "r1",
        "status": "succeeded",
        "seconds": 12.34567,
        "log": Path("/out/logs/run-r1.log"),
        "blessed": True,
        "pushed_version": 1732,
        "metrics": {"rmse": 0.88},
    }
    return Run(**values | changes)
