"""Runs of the real command line on small made-up ratings."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.movielens_example_gen.synthetic import write_synthetic

# Small, quick to learn, and with bounds that so little data can clear; no cold user is among them.
SMALL = (
    "trainer.epochs=3",
    "trainer.embedding_dim=8",
    "trainer.learning_rate=0.005",
    "evaluator.slice_bounds={}",
    "evaluator.bounds={rmse = 1.2, auc = 0.55}",
)

Command = Callable[..., subprocess.CompletedProcess[str]]


def movielens(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `movielens` as a user does, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )


def run_arguments(output: Path, data: Path, *settings: str) -> list[str]:
    """Arguments of a `movielens run` on small data; later settings win."""
    chosen = [part for setting in (*SMALL, *settings) for part in ("--set", setting)]
    return ["run", "--output", str(output), "--data", str(data), *chosen]


def summary_of(output: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((output / "summary.json").read_text())
    return summary


def states_of(output: Path) -> dict[str, str]:
    """State by node of the last run."""
    return {node["id"]: node["state"] for node in summary_of(output)["nodes"]}


@pytest.fixture(scope="session")
def ratings_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ratings")
    write_synthetic(folder, users=150, movies=300, ratings=9000, seed=1)
    return folder


@pytest.fixture(scope="session")
def first_run(
    ratings_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The output folder of a finished run, and what the command said."""
    output = tmp_path_factory.mktemp("output")
    return output, movielens(*run_arguments(output, ratings_folder))
