"""Real runs on small data, forked from one process so that TFX is loaded once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from movielens.datasets.synthetic import write_synthetic
from tests.support.forked_runs import ROOT, ForkedRuns, Run

# The quickest model there is, and bounds that so little data can clear.
QUICK = (
    "trainer.model=bias",
    "evaluator.slice_by=[]",
    "evaluator.slice_bounds={}",
    "evaluator.bounds={rmse = 1.3}",
)


@pytest.fixture(scope="session")
def ratings_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ratings")
    write_synthetic(folder, users=100, movies=150, ratings=4000, seed=1)
    return folder


@pytest.fixture(scope="session")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedRuns]:
    with ForkedRuns(ROOT, tmp_path_factory.mktemp("forked") / "log") as forked:
        yield forked


def small_run(output: Path, data: Path, log: Path, *settings: str, **more: Any) -> Run:
    """A run on the small data; `more` are further attributes of it."""
    chosen = [part for each in (*QUICK, *settings) for part in ("--set", each)]
    arguments = ["run", "--output", str(output), "--data", str(data), *chosen]
    return Run(arguments=arguments, stdout=log, stderr=log, **more)


def states(output: Path) -> dict[str, str]:
    """State by node of the last run."""
    summary = json.loads((output / "summary.json").read_text())
    return {node["id"]: node["state"] for node in summary["nodes"]}
