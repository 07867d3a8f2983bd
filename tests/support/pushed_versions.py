"""Runs that trained, judged and pushed models, recorded in a store without running any."""

from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2

from pipeline.config import PipelineConfig
from tests.support.recorded_runs import RecordedRuns

CACHED = metadata_store_pb2.Execution.CACHED


class PushedVersions(RecordedRuns):
    """One pipeline's runs, whose versions lie in the served folder of its configuration."""

    def __init__(self, store: Any, config: PipelineConfig) -> None:
        super().__init__(store, config.pipeline.name, config.pipeline_root)
        self.config = config

    def trained(self, run_id: str, *, blessed: bool = True) -> dict[str, int]:
        """Adds a run up to its Evaluator; returns the ids of its artifacts."""
        run = self.run(run_id)
        _, (examples,) = self.execution(run, "ExampleGen", outputs=[self.artifact("Examples")])
        model = self.artifact("Model")
        _save_model(Path(model.uri) / "Format-Serving", run_id)
        _, (model_id,) = self.execution(run, "Trainer", inputs=[examples], outputs=[model])
        blessing = self.artifact("ModelBlessing", blessed=int(blessed), current_model_id=model_id)
        evaluation = self.artifact("ModelEvaluation")
        _, (blessing_id, evaluation_id) = self.execution(
            run, "Evaluator", inputs=[model_id], outputs=[blessing, evaluation]
        )
        return {
            "examples": examples,
            "model": model_id,
            "blessing": blessing_id,
            "evaluation": evaluation_id,
        }

    def pushed(self, run_id: str, version: int, *, blessed: bool = True) -> dict[str, int]:
        """Adds a run that pushes a version; returns the ids of its artifacts."""
        made = self.trained(run_id, blessed=blessed)
        folder = self.config.serving_model / str(version)
        _save_model(folder, run_id)
        pushed = self.artifact(
            "PushedModel", pushed=1, pushed_destination=str(folder), pushed_version=str(version)
        )
        _save_model(Path(pushed.uri), run_id)
        inputs = [made["model"], made["blessing"]]
        _, (pushed_id,) = self.execution(
            self.run(run_id), "Pusher", inputs=inputs, outputs=[pushed]
        )
        return {**made, "pushed": pushed_id}

    def answered_from_cache(self, run_id: str, made: dict[str, int]) -> None:
        """Adds a run all of whose nodes take an earlier run's artifacts."""
        run = self.run(run_id)
        for name, artifact_id in made.items():
            artifact = self._existing(artifact_id)
            self.execution(run, f"Node of {name}", outputs=[artifact], state=CACHED)

    def served(self) -> list[str]:
        """The names in the served folder."""
        return sorted(each.name for each in self.config.serving_model.iterdir())

    def files_of(self, artifact_id: int) -> bool:
        """Says whether an artifact's files are there."""
        return Path(self._existing(artifact_id).uri).exists()


def _save_model(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "saved_model.pb").write_text(text)
