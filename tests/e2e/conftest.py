"""Runs of the command line on small made-up ratings, and one on the default data for `systems`."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.atomic_pusher.version_folder import versions
from movielens.datasets.synthetic import write_synthetic
from pipeline.run.outcome import OUTCOMES_FILE
from scoreboard.data.rated_movies import RatedMovies, read_ratings, split_ratings
from scoreboard.protocols import PROTOCOLS
from serving.server_process import ServerProcess
from tests.support.finished_run import FinishedRun
from tests.support.forked_runs import ROOT, ForkedRuns, Run

INSTALLED = (
    *("components", "movielens", "pipeline"),
    *("serving", "trainer_module", "transform_module"),
)
# Small, quick to learn and to export, with bounds that so little data can clear; no cold user is
# among them. The default model goes through the whole pipeline in `default_run`.
SMALL = (
    "trainer.model=mf_dnn",
    "trainer.epochs=2",
    "trainer.embedding_dim=8",
    "trainer.hidden_units=[16]",
    "trainer.learning_rate=0.02",
    "evaluator.slice_by=['user_activity']",
    "evaluator.slice_bounds={}",
    "evaluator.bounds={rmse = 1.2, auc = 0.55}",
)

# The quickest run there is.
QUICK = (
    "trainer.model=bias",
    "evaluator.slice_by=[]",
    "evaluator.bounds={rmse = 1.3}",
    "canary.enabled=false",
)


@dataclasses.dataclass(frozen=True)
class Installation:
    """A copy of our source, so that tests may edit it, and an output folder.

    Attributes:
        source: holds the packages.
        output: what `--output` names.
        data: a folder of small made-up ratings.
        forked: starts runs from that source.
    """

    source: Path
    output: Path
    data: Path
    forked: ForkedRuns

    def run(self, *settings: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Runs the pipeline on the small data; settings win over those for small data."""
        return self.movielens(*self.run_arguments(*settings), **more)

    def movielens(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Runs `movielens` in a process of its own; `more` are further attributes of a `Run`."""
        stdout, stderr = (self.output.with_suffix(suffix) for suffix in (".stdout", ".stderr"))
        for file in (stdout, stderr):
            file.write_text("")
        run = Run(arguments=list(arguments), stdout=stdout, stderr=stderr, **more)
        code = self.forked.run(run)
        return subprocess.CompletedProcess(
            arguments, code, stdout=stdout.read_text(), stderr=stderr.read_text()
        )

    def run_arguments(self, *settings: str) -> list[str]:
        chosen = [part for setting in (*SMALL, *settings) for part in ("--set", setting)]
        return ["run", "--output", str(self.output), "--data", str(self.data), *chosen]

    def summary(self) -> dict[str, Any]:
        """The summary of the last run."""
        summary: dict[str, Any] = json.loads((self.output / "summary.json").read_text())
        return summary

    def outcome(self) -> dict[str, Any]:
        """The line of the last run in the log of outcomes."""
        lines = (self.output / OUTCOMES_FILE).read_text().splitlines()
        outcome: dict[str, Any] = json.loads(lines[-1])
        return outcome

    def states(self) -> dict[str, str]:
        """State by node of the last run."""
        return {node["id"]: node["state"] for node in self.summary()["nodes"]}

    def executed(self) -> set[str]:
        """The nodes that the last run did not take from the cache."""
        return {node for node, state in self.states().items() if state == "executed"}

    def versions(self) -> list[int]:
        """The pushed versions, oldest first."""
        return versions(self.output / "serving_model" / "movielens")


FirstRun = tuple[Installation, subprocess.CompletedProcess[str]]


def movielens(source: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `movielens` as a user does, in a process that has loaded nothing yet."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments],
        check=False,
        cwd=source,
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("source")
    for package in INSTALLED:
        shutil.copytree(ROOT / package, copy / package)
    return copy


@pytest.fixture(scope="session")
def ratings_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ratings")
    write_synthetic(folder, users=120, movies=200, ratings=5000, seed=1)
    return folder


@pytest.fixture(scope="session")
def forked(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedRuns]:
    with ForkedRuns(source, tmp_path_factory.mktemp("forked") / "log") as forked:
        yield forked


@pytest.fixture(scope="session")
def first_run(
    source: Path,
    ratings_folder: Path,
    forked: ForkedRuns,
    tmp_path_factory: pytest.TempPathFactory,
) -> FirstRun:
    """An installation after its first run, and what that run said."""
    output = tmp_path_factory.mktemp("installation") / "output"
    installation = Installation(source, output, ratings_folder, forked)
    process = movielens(source, *installation.run_arguments())
    assert process.returncode == 0, process.stderr
    shutil.copytree(output, output.with_suffix(".first"))
    return installation, process


@pytest.fixture
def installation(
    first_run: FirstRun,
) -> Iterator[Installation]:
    """The installation as its first run left it, whatever earlier tests did to it."""
    installation, _ = first_run
    yield installation
    # Restored in the same place, because the metadata store holds absolute paths.
    shutil.rmtree(installation.output)
    shutil.copytree(installation.output.with_suffix(".first"), installation.output)


@pytest.fixture(scope="session")
def first_server(
    first_run: FirstRun,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ServerProcess]:
    """A server of the model that the first run pushed."""
    installation, _ = first_run
    served = installation.output.with_suffix(".first") / "serving_model" / "movielens"
    log = tmp_path_factory.mktemp("first_server") / "log"
    with ServerProcess(served, model_name="movielens", log_path=log) as server:
        yield server


@pytest.fixture(scope="session")
def small_run(first_run: FirstRun) -> FinishedRun:
    """What the first run on small data left."""
    installation, _ = first_run
    return FinishedRun(installation.output.with_suffix(".first"), installation.data)


@pytest.fixture(scope="session")
def default_run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """`movielens run` as it comes: the default data, model and options. A minute or two."""
    output = tmp_path_factory.mktemp("default")
    process = movielens(ROOT, "run", "--output", str(output))
    assert process.returncode == 0, process.stderr
    return FinishedRun(output, output / "data" / "default")


@pytest.fixture(params=["small_run", pytest.param("default_run", marks=pytest.mark.systems)])
def finished_run(request: pytest.FixtureRequest) -> FinishedRun:
    """A run on small data, and one on the default data."""
    run: FinishedRun = request.getfixturevalue(request.param)
    return run


@pytest.fixture
def rated(finished_run: FinishedRun) -> RatedMovies:
    """The ratings of the run, split as it splits them."""
    return split_ratings(*read_ratings(finished_run.data), PROTOCOLS["temporal"].ingest)
