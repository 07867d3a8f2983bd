"""What a scheduler's test needs: a configuration, spans of made-up ratings, and MLMD's word."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2

from movielens.datasets.synthetic import write_synthetic
from pipeline.config import load_config
from pipeline.store.connection import open_store
from pipeline.store.ledger import RUN_CONTEXT

RETRY_SECONDS = 3.0
# The quickest model there is; bounds that so little data can clear; a run at every full minute, or
# at once for any other time of the day, which is past; whoever is told of a failure keeps a list.
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
cron = "{cron}"
retry_minutes = {retry_minutes}
node_timeout_minutes = {node_timeout_minutes}

[alerts]
command = ["sh", "-c", "cat >> {folder}/alerts.jsonl; echo >> {folder}/alerts.jsonl"]
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
        """Writes the configuration, with enough time for every node."""
        made = cls(folder)
        made.configure()
        return made

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "movielens.toml"

    @property
    def output(self) -> Path:
        """The output folder that it names."""
        return self.folder / "output"

    def configure(self, *, cron: str = "* * * * *", node_timeout_minutes: float = 60.0) -> None:
        """Writes the configuration anew, whole at once."""
        text = _CONFIG.format(
            folder=self.folder,
            cron=cron,
            retry_minutes=RETRY_SECONDS / 60,
            node_timeout_minutes=node_timeout_minutes,
        )
        unfinished = self.config.with_suffix(".new")
        unfinished.write_text(text)
        unfinished.replace(self.config)

    def arrive(self, span: int, *, ratings: int, cut: bool = False) -> None:
        """Has a span arrive, whole at once, or as a copy that was interrupted."""
        unfinished = self.folder / f"arriving-{span}"
        unfinished.mkdir()
        write_synthetic(unfinished, users=60, movies=100, ratings=ratings, seed=1)
        if cut:
            whole = unfinished / "ratings.csv"
            whole.rename(self._cut_away(span))
            shutil.copyfile(self._cut_away(span), whole)
            os.truncate(whole, whole.stat().st_size - 5)
        (self.folder / "spans").mkdir(exist_ok=True)
        unfinished.rename(self.folder / "spans" / f"span-{span}")

    def mend(self, span: int) -> None:
        """Puts the whole file in the place of a cut one."""
        self._cut_away(span).replace(self.folder / "spans" / f"span-{span}" / "ratings.csv")

    def alerts(self) -> list[dict[str, Any]]:
        """What the command of `[alerts]` has been told, the oldest first."""
        told = self.folder / "alerts.jsonl"
        return [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []

    def _cut_away(self, span: int) -> Path:
        return self.folder / f"ratings-{span}.csv"

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
