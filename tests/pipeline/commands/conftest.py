"""What a run came to, in the place of a run."""

from collections.abc import Callable

import pytest

from pipeline.commands import run
from pipeline.config import PipelineConfig
from pipeline.run.record import NodeSummary, RunSummary

Outcome = Callable[..., None]


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Puts an outcome in the place of a run of the pipeline."""

    def install(**changes: object) -> None:
        values: dict[str, object] = {
            "status": "succeeded",
            "blessed": True,
            "pushed_version": 1732,
            "metrics": {"rmse": 0.88},
            "nodes": [NodeSummary(id="Trainer", state="cached", seconds=0.1, why="unchanged")],
        }

        def execute(config: PipelineConfig, run_id: str, *_: object) -> RunSummary:
            return RunSummary(
                run_id=run_id,
                model=config.trainer.model,
                objective=config.trainer.objective,
                split=config.ingest.split,
                seconds=1.0,
                **{**values, **changes},  # type: ignore[arg-type]
            )

        monkeypatch.setattr(run, "_execute", execute)

    return install
