"""What the metadata store knows of one pipeline; a store on a server may hold many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from ml_metadata import MetadataStore
from ml_metadata.proto.metadata_store_pb2 import Artifact, Context, Event, Execution

PIPELINE_CONTEXT: Final = "pipeline"
RUN_CONTEXT: Final = "pipeline_run"
ROLLBACK: Final = "movielens.Rollback"
RESTORED_FROM: Final = "restored_from"
_OUTPUTS: Final = (Event.OUTPUT, Event.DECLARED_OUTPUT)


def executions_of_pipeline(store: MetadataStore, pipeline_name: str) -> list[Execution]:
    """Returns all executions of all runs of a pipeline."""
    context = store.get_context_by_type_and_name(PIPELINE_CONTEXT, pipeline_name)
    return [] if context is None else list(store.get_executions_by_context(context.id))


def artifacts_of_pipeline(store: MetadataStore, pipeline_name: str) -> list[Artifact]:
    """Returns the artifacts that runs of a pipeline made, oldest first."""
    context = store.get_context_by_type_and_name(PIPELINE_CONTEXT, pipeline_name)
    if context is None:
        return []
    return sorted(store.get_artifacts_by_context(context.id), key=lambda each: each.id)


def runs_of_pipeline(store: MetadataStore, pipeline_name: str) -> list[Context]:
    """Returns the contexts of a pipeline's runs, oldest first; each is named by its run id."""
    context = store.get_context_by_type_and_name(PIPELINE_CONTEXT, pipeline_name)
    if context is None:
        return []
    children = store.get_children_contexts_by_context(context.id)
    return sorted((each for each in children if each.type == RUN_CONTEXT), key=lambda each: each.id)


@dataclass(frozen=True, kw_only=True)
class Push:
    """A version that was put into the served folder, with the ids of its model and PushedModel.

    `pushed_at` is in seconds since 1970; `copy` is the PushedModel's own copy of the model, which
    retention may have removed; `restored_from` is the earlier version that a rollback put back.
    """

    version: int
    pushed_at: float
    model_id: int
    artifact_id: int
    copy: Path
    restored_from: int | None


class Ledger:
    """What the metadata store knows of a pipeline's models, read once.

    Attributes:
        artifacts: All artifacts of the pipeline, by id.
        executions: All executions of the pipeline, by id.
        inputs: The ids of the artifacts that each execution read.
        outputs: The ids of the artifacts that each execution made or took from the cache.
    """

    def __init__(self, store: MetadataStore, pipeline_name: str) -> None:
        self._store = store
        self._pipeline_name = pipeline_name
        self.artifacts = {each.id: each for each in artifacts_of_pipeline(store, pipeline_name)}
        self.executions = {each.id: each for each in executions_of_pipeline(store, pipeline_name)}
        self.inputs: dict[int, list[int]] = {each: [] for each in self.executions}
        self.outputs: dict[int, list[int]] = {each: [] for each in self.executions}
        ids = list(self.executions)
        for event in store.get_events_by_execution_ids(ids) if ids else ():
            touched = self.outputs if event.type in _OUTPUTS else self.inputs
            touched[event.execution_id].append(event.artifact_id)

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
        """All pushes, the lowest version first."""
        made_by: dict[int, int] = {}
        for execution_id, artifact_ids in sorted(self.outputs.items()):
            for artifact_id in artifact_ids:
                made_by.setdefault(artifact_id, execution_id)
        pushes = [
            self._push(artifact, made_by[artifact.id])
            for artifact in self.of_type("PushedModel")
            if artifact.custom_properties["pushed"].int_value and artifact.id in made_by
        ]
        return sorted(pushes, key=lambda each: each.version)

    def push_of(self, version: int | None) -> Push | None:
        """Returns the push of a version; None if no run or rollback recorded it."""
        return next((each for each in self.pushes if each.version == version), None)

    def origin_of(self, push: Push) -> Push:
        """Follows rollbacks back to the version that a run pushed."""
        earlier = self.push_of(push.restored_from)
        return push if earlier is None else self.origin_of(earlier)

    def of_type(self, type_name: str) -> list[Artifact]:
        """Returns the artifacts of a type, the oldest first."""
        return [each for _, each in sorted(self.artifacts.items()) if each.type == type_name]

    def is_live(self, artifact_id: int) -> bool:
        """Says whether an artifact's files should exist."""
        artifact = self.artifacts.get(artifact_id)
        return artifact is not None and artifact.state == Artifact.LIVE

    def _push(self, artifact: Artifact, execution_id: int) -> Push:
        properties = artifact.custom_properties
        models = [
            each
            for each in self.inputs[execution_id]
            if each in self.artifacts and self.artifacts[each].type == "Model"
        ]
        restored = properties[RESTORED_FROM].int_value if RESTORED_FROM in properties else None
        return Push(
            version=int(properties["pushed_version"].string_value),
            pushed_at=artifact.create_time_since_epoch / 1000,
            model_id=models[0] if models else 0,
            artifact_id=artifact.id,
            copy=Path(artifact.uri),
            restored_from=restored,
        )
