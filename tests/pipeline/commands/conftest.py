"""What a run came to, in the place of a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands import run
from pipeline.config import PipelineConfig
from pipeline.run.record import Node, Run
from tests.support.run_records import a_run

Outcome = Callable[..., None]


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Puts an outcome in the place of a run of the pipeline."""

    def install(**changes: object) -> None:
        nodes = [Node(id="Trainer", state="cached", seconds=0.1, why="unchanged")]

        def execute(config: PipelineConfig, run_id: str, log: Path, *_: object) -> Run:
            values: dict[str, Any] = {
                "run_id": run_id,
                "output": config.output,
                "log": log,
                "nodes": nodes,
            }
            return a_run(**values | changes)

        monkeypatch.setattr(run, "_execute", execute)

    return install
