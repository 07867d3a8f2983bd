"""Real runs on small data, forked from one process so that TFX is loaded once."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.movielens_example_gen.synthetic import write_synthetic

ROOT = Path(__file__).parents[2]
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


def run_arguments(output: Path, data: Path, *settings: str) -> list[str]:
    """The command line of a run on the small data."""
    chosen = [part for each in (*QUICK, *settings) for part in ("--set", each)]
    return ["run", "--output", str(output), "--data", str(data), *chosen]


def run_forked(
    folder: Path, steps: list[list[dict[str, Any]]], **environment: str
) -> list[list[int]]:
    """Runs steps of `movielens`, as `run_forker.py` describes; returns the exit codes."""
    (folder / "steps.json").write_text(json.dumps(steps))
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "support" / "run_forker.py", folder / "steps.json"],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    codes: list[list[int]] = json.loads(done.stdout.splitlines()[-1])
    return codes


def states(output: Path) -> dict[str, str]:
    """State by node of the last run."""
    summary = json.loads((output / "summary.json").read_text())
    return {node["id"]: node["state"] for node in summary["nodes"]}
