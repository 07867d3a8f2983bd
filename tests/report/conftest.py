"""Runs as they leave their records and predictions, made up."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from components.evaluator.predictions import schema_of
from components.evaluator.slices import Slicing

MakeRun = Callable[..., Path]
TEXTS = (Slicing(name="title", has_one_value=True), Slicing(name="genres"))


def predictions(predicted: NDArray[np.float64], users: int = 40) -> pa.Table:
    """Ten ratings of each user, of 1 to 5 stars; the first half of the movies are dramas."""
    user, movie = np.divmod(np.arange(10 * users), 10)
    stars = 1.0 + (user * 3 + movie * 7) % 5
    return pa.Table.from_arrays(
        [
            pa.array(user, pa.int64()),
            pa.array(movie, pa.int64()),
            pa.array(stars, pa.float32()),
            pa.array(stars + predicted, pa.float32()),
            pa.array((stars + predicted) / 6, pa.float32()),
            pa.array(np.full(len(user), 3.5), pa.float32()),
            pa.array([f"Film {each}" for each in movie]),
            pa.array([["Drama"] if each < 5 else ["War", "Drama"] for each in movie]),
        ],
        schema=schema_of(TEXTS),
    )


def node(node_id: str, seconds: float = 1.0, **more: Any) -> dict[str, Any]:
    """A node as a record has it."""
    return {
        "id": node_id,
        "state": "executed",
        "seconds": seconds,
        "cpu_seconds": 0.5,
        "peak_rss_mb": 900,
        "why": "its code changed",
        "found": "",
        **more,
    }


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Leaves a run in an output folder, which it returns."""
    return partial(leave_run, tmp_path / "output")


def leave_run(
    output: Path,
    run_id: str,
    table: pa.Table | None,
    *,
    version: int | None = None,
    time: str = "2026-11-28T01:00:00+00:00",
    options: dict[str, Any] | None = None,
    dataset: dict[str, int] | None = None,
    seconds: float = 1.0,
    **more: Any,
) -> Path:
    """Leaves a run in an output folder; `more` are further values of its record."""
    artifacts: dict[str, Any] = {}
    if table is not None:
        folder = output / "pipeline_root" / run_id
        folder.mkdir(parents=True)
        pq.write_table(table, folder / "predictions-00000-of-00001.parquet")
        evaluator = [{"uri": str(folder), "id": 7, "fingerprint": None}]
        artifacts = {"Evaluator": {"predictions": evaluator}}
    record = {
        "run_id": run_id,
        "status": "succeeded",
        "pushed_version": version,
        "model": "mf_dnn",
        "objective": "mse",
        "dataset": dataset,
        "time": time,
        "options": options or {},
        "artifacts": artifacts,
        "nodes": [node("Trainer", seconds)],
        "split": "temporal",
        "host": "here",
        "seconds": 12.0,
        "failures": [],
        "drift": [],
        "skew": [],
        **{name: {} for name in ("metrics", "errors", "changes", "change_errors")},
        "slices": [],
        **more,
    }
    (output / "report" / run_id).mkdir(parents=True)
    (output / "report" / run_id / "run.json").write_text(json.dumps(record))
    return output
