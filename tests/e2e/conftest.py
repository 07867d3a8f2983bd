"""Runs of the real command line: many on small made-up ratings, one on the default data."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.movielens_example_gen.synthetic import write_synthetic
from tests.support.finished_run import FinishedRun

# Small, quick to learn, and with bounds that so little data can clear; no cold user is among them.
SMALL = (
    "trainer.epochs=3",
    "trainer.embedding_dim=8",
    "trainer.learning_rate=0.005",
    "evaluator.slice_bounds={}",
    "evaluator.bounds={rmse = 1.2, auc = 0.55}",
)

ROOT = Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class Installation:
    """A copy of our source, so that tests may edit it, and an output folder.

    Attributes:
        source: holds the packages.
        output: what `--output` names.
        data: a folder of small made-up ratings.
    """

    source: Path
    output: Path
    data: Path

    def movielens(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `movielens` as a user does, in a process of its own."""
        return subprocess.run(
            self.command(*arguments),
            check=False,
            cwd=self.source,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=600,
        )

    def run(self, *settings: str) -> subprocess.CompletedProcess[str]:
        """Runs the pipeline on the small data; settings win over those for small data."""
        return self.movielens(*self.run_arguments(*settings))

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "pipeline.cli", *arguments]

    def environment(self) -> dict[str, str]:
        return os.environ | {"PYTHONPATH": str(self.source)}

    def run_arguments(self, *settings: str) -> list[str]:
        chosen = [part for setting in (*SMALL, *settings) for part in ("--set", setting)]
        return ["run", "--output", str(self.output), "--data", str(self.data), *chosen]

    def summary(self) -> dict[str, Any]:
        """The summary of the last run."""
        summary: dict[str, Any] = json.loads((self.output / "summary.json").read_text())
        return summary

    def states(self) -> dict[str, str]:
        """State by node of the last run."""
        return {node["id"]: node["state"] for node in self.summary()["nodes"]}

    def versions(self) -> list[int]:
        """The pushed versions, oldest first."""
        folder = self.output / "serving_model" / "movielens"
        return sorted(int(version.name) for version in folder.iterdir())


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("source")
    for package in ("components", "pipeline", "serving", "trainer_module", "transform_module"):
        shutil.copytree(ROOT / package, copy / package)
    return copy


@pytest.fixture(scope="session")
def ratings_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ratings")
    write_synthetic(folder, users=150, movies=300, ratings=9000, seed=1)
    return folder


@pytest.fixture(scope="session")
def first_run(
    source: Path, ratings_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Installation, subprocess.CompletedProcess[str]]:
    """An installation after its first run, and what that run said."""
    installation = Installation(source, tmp_path_factory.mktemp("output"), ratings_folder)
    return installation, installation.run()


@pytest.fixture
def installation(
    first_run: tuple[Installation, subprocess.CompletedProcess[str]],
) -> Installation:
    """The installation of the first run, as the tests before have left it."""
    return first_run[0]


@pytest.fixture(scope="session")
def default_run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """`movielens run` as it comes: the default data, model and options. A minute or two."""
    output = tmp_path_factory.mktemp("default")
    installation = Installation(ROOT, output, output / "data" / "default")
    process = installation.movielens("run", "--output", str(output))
    assert process.returncode == 0, process.stderr
    return FinishedRun(output)
