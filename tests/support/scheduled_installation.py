"""What a scheduler's test needs: a configuration, spans of made-up ratings, and MLMD's word."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2

from components.movielens_example_gen.synthetic import write_synthetic
from pipeline.config import load_config
from pipeline.metadata.connection import open_store
from pipeline.metadata.records import RUN_CONTEXT

# The quickest model there is; bounds that so little data can clear; a run at every full minute.
_CONFIG = """
[pipeline]
output = "{folder}/output"

[data]
input_base = "{folder}/spans/span-{{SPAN}}"

[trainer]
model = "bias"
epochs = 1

[evaluator]
slice_by = []
slice_bounds = {{}}
bounds = {{rmse = 1.3, auc = 0.5}}

[schedule]
cron = "* * * * *"
"""


@dataclass(frozen=True)
class ScheduledInstallation:
    """A folder with a configuration, spans of ratings and what runs make of them.

    Attributes:
        folder: holds all of it.
    """

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "ScheduledInstallation":
        """Writes the configuration and the first span."""
        made = cls(folder)
        made.config.write_text(_CONFIG.format(folder=folder))
        made.arrive(1, ratings=2000)
        return made

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "movielens.toml"

    @property
    def output(self) -> Path:
        """The output folder that it names."""
        return self.folder / "output"

    def arrive(self, span: int, *, ratings: int) -> None:
        """Has a span arrive, whole at once."""
        unfinished = self.folder / f"arriving-{span}"
        unfinished.mkdir()
        write_synthetic(unfinished, users=60, movies=100, ratings=ratings, seed=1)
        (self.folder / "spans").mkdir(exist_ok=True)
        unfinished.rename(self.folder / "spans" / f"span-{span}")

    def versions(self) -> list[int]:
        """The served versions, oldest first."""
        folder = self.output / "serving_model" / "movielens"
        return sorted(int(version.name) for version in folder.iterdir())

    def recorded_run(self, run_id: str) -> "RecordedRun":
        """What the metadata store knows of a run."""
        return RecordedRun(open_store(load_config(self.config)), run_id)


class RecordedRun:
    """A run as the metadata store knows it."""

    def __init__(self, store: Any, run_id: str) -> None:
        self._store = store
        run = store.get_context_by_type_and_name(RUN_CONTEXT, run_id)
        self._executions = {
            context.name.rpartition(".")[2]: execution
            for execution in store.get_executions_by_context(run.id)
            for context in store.get_contexts_by_execution(execution.id)
            if context.type == "node"
        }

    def states(self) -> dict[str, str]:
        """The last state of each node: `COMPLETE`, `CACHED`, `FAILED` ..."""
        states = metadata_store_pb2.Execution.State
        return {
            node: states.Name(execution.last_known_state)
            for node, execution in self._executions.items()
        }

    def output(self, node: str, type_name: str) -> Any:
        """The one artifact of a type that a node made."""
        (artifact,) = self._artifacts(node, metadata_store_pb2.Event.OUTPUT, type_name)
        return artifact

    def inputs(self, node: str, type_name: str) -> list[int]:
        """Ids of the artifacts of a type that a node read, in ascending order."""
        found = self._artifacts(node, metadata_store_pb2.Event.INPUT, type_name)
        return sorted(artifact.id for artifact in found)

    def span(self) -> int:
        """The span that the run was trained on."""
        examples = self.output("MovieLensExampleGen", "Examples")
        return int(examples.custom_properties["span"].int_value)

    def is_blessed(self) -> bool:
        """Whether the Evaluator blessed the run's model."""
        blessing = self.output("Evaluator", "ModelBlessing")
        return bool(blessing.custom_properties["blessed"].int_value)

    def pushed_version(self) -> int | None:
        """The version that the run pushed; None where it did not."""
        properties = self.output("Pusher", "PushedModel").custom_properties
        if not properties["pushed"].int_value:
            return None
        return int(properties["pushed_version"].string_value)

    def _artifacts(self, node: str, event_type: int, type_name: str) -> list[Any]:
        events = self._store.get_events_by_execution_ids([self._executions[node].id])
        ids = [event.artifact_id for event in events if event.type == event_type]
        return [each for each in self._store.get_artifacts_by_id(ids) if each.type == type_name]
