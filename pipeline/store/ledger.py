"""Which models there have been, which were blessed, and which versions were pushed of them when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from ml_metadata.proto import metadata_store_pb2

from pipeline.store.records import (
    artifacts_of_pipeline,
    executions_of_pipeline,
    runs_of_pipeline,
)

ROLLBACK: Final = "movielens.Rollback"
RESTORED_FROM: Final = "restored_from"
_MILLISECONDS: Final = 1000
_LIVE: Final = metadata_store_pb2.Artifact.LIVE
_OUTPUTS: Final = (metadata_store_pb2.Event.OUTPUT, metadata_store_pb2.Event.DECLARED_OUTPUT)


@dataclass(frozen=True, kw_only=True)
class Push:
    """A version that was put into the served folder.

    Attributes:
        version: its number.
        folder: where it was put.
        pushed_at: when, in seconds since 1970.
        model_id: the artifact of the model that it is of.
        artifact_id: the PushedModel that tells of it.
        copy: the copy of the model that this artifact holds; gone where retention took it.
        execution_id: the Pusher's, or the rollback's.
        restored_from: the earlier version that a rollback put back; None for a run's push.
    """

    version: int
    folder: Path
    pushed_at: float
    model_id: int
    artifact_id: int
    copy: Path
    execution_id: int
    restored_from: int | None


class Ledger:
    """What the metadata store knows of a pipeline's models, read once.

    Attributes:
        artifacts: of all the pipeline's artifacts, by id.
        executions: all the pipeline's, by id.
    """

    def __init__(self, store: Any, pipeline_name: str) -> None:
        """Reads the store.

        Args:
            store: the open `MetadataStore`.
            pipeline_name: as in the configuration.
        """
        self._store = store
        self._pipeline_name = pipeline_name
        self.artifacts = {each.id: each for each in artifacts_of_pipeline(store, pipeline_name)}
        self.executions = {each.id: each for each in executions_of_pipeline(store, pipeline_name)}
        self._inputs: dict[int, list[int]] = {each: [] for each in self.executions}
        self._outputs: dict[int, list[int]] = {each: [] for each in self.executions}
        for event in self._events():
            touched = self._outputs if event.type in _OUTPUTS else self._inputs
            touched[event.execution_id].append(event.artifact_id)

    def inputs(self, execution_id: int) -> Sequence[int]:
        """Returns the ids of the artifacts that an execution read."""
        return self._inputs[execution_id]

    def outputs(self, execution_id: int) -> Sequence[int]:
        """Returns the ids of the artifacts that an execution made or took from the cache."""
        return self._outputs[execution_id]

    @cached_property
    def runs(self) -> Mapping[str, Sequence[int]]:
        """The executions of each run, the oldest run first."""
        return {
            run.name: sorted(each.id for each in self._store.get_executions_by_context(run.id))
            for run in runs_of_pipeline(self._store, self._pipeline_name)
        }

    @cached_property
    def blessed_models(self) -> Sequence[int]:
        """The ids of the models that were blessed, the oldest first."""
        blessed = {
            each.custom_properties["current_model_id"].int_value
            for each in self.of_type("ModelBlessing")
            if each.custom_properties["blessed"].int_value
        }
        return sorted(each.id for each in self.of_type("Model") if each.id in blessed)

    @cached_property
    def pushes(self) -> Sequence[Push]:
        """All that was pushed, the lowest version first."""
        made_by: dict[int, int] = {}
        for execution_id in sorted(self._outputs):
            for artifact_id in self._outputs[execution_id]:
                made_by.setdefault(artifact_id, execution_id)
        pushes = [
            self._push(artifact, made_by[artifact.id])
            for artifact in self.of_type("PushedModel")
            if artifact.custom_properties["pushed"].int_value and artifact.id in made_by
        ]
        return sorted(pushes, key=lambda each: each.version)

    def push_of(self, version: int | None) -> Push | None:
        """Returns the push of a version; None for one that no run or rollback has recorded."""
        return next((each for each in self.pushes if each.version == version), None)

    def origin_of(self, push: Push) -> Push:
        """Follows rollbacks back to the version that a run pushed."""
        earlier = self.push_of(push.restored_from)
        return push if earlier is None else self.origin_of(earlier)

    def of_type(self, type_name: str) -> list[Any]:
        """Returns the artifacts of a type, the oldest first."""
        return [each for _, each in sorted(self.artifacts.items()) if each.type == type_name]

    def is_live(self, artifact_id: int) -> bool:
        """Says whether an artifact's files are meant to be there."""
        artifact = self.artifacts.get(artifact_id)
        return artifact is not None and artifact.state == _LIVE

    def _push(self, artifact: Any, execution_id: int) -> Push:
        properties = artifact.custom_properties
        models = [
            each
            for each in self._inputs[execution_id]
            if each in self.artifacts and self.artifacts[each].type == "Model"
        ]
        restored = properties[RESTORED_FROM].int_value if RESTORED_FROM in properties else None
        return Push(
            version=int(properties["pushed_version"].string_value),
            folder=Path(properties["pushed_destination"].string_value),
            pushed_at=artifact.create_time_since_epoch / _MILLISECONDS,
            model_id=models[0] if models else 0,
            artifact_id=artifact.id,
            copy=Path(artifact.uri),
            execution_id=execution_id,
            restored_from=restored,
        )

    def _events(self) -> list[Any]:
        if not self.executions:
            return []
        return list(self._store.get_events_by_execution_ids(list(self.executions)))
