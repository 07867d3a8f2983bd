"""Writes into a metadata store what runs of the pipeline leave there, without running any."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2

LIVE = metadata_store_pb2.Artifact.LIVE
COMPLETE = metadata_store_pb2.Execution.COMPLETE
INPUT, OUTPUT = metadata_store_pb2.Event.INPUT, metadata_store_pb2.Event.OUTPUT


class RecordedRuns:
    """One pipeline's runs in a store.

    Attributes:
        store: the open `MetadataStore`.
        name: of the pipeline.
        root: where its artifacts are; each is a folder with one file.
    """

    def __init__(self, store: Any, name: str, root: Path) -> None:
        self.store = store
        self.name = name
        self.root = root
        self._pipeline = self._context("pipeline", name)

    def run(self, run_id: str) -> int:
        """Adds a run, unless it is there; returns its context."""
        known = self.store.get_context_by_type_and_name("pipeline_run", run_id)
        if known is not None:
            return int(known.id)
        run = self._context("pipeline_run", run_id)
        link = metadata_store_pb2.ParentContext(child_id=run, parent_id=self._pipeline)
        self.store.put_parent_contexts([link])
        return run

    def execution(
        self,
        run: int,
        node: str,
        *,
        inputs: Sequence[int] = (),
        outputs: Sequence[Any] = (),
        state: int = COMPLETE,
    ) -> tuple[int, list[int]]:
        """Adds an execution of a node; returns its id and those of its outputs."""
        type_id = self.store.put_execution_type(metadata_store_pb2.ExecutionType(name=node))
        execution = metadata_store_pb2.Execution(type_id=type_id, last_known_state=state)
        pairs = [
            *((self._existing(each), _event(INPUT)) for each in inputs),
            *((each, _event(OUTPUT)) for each in outputs),
        ]
        contexts = self.store.get_contexts_by_id([self._pipeline, run])
        execution_id, artifact_ids, _ = self.store.put_execution(execution, pairs, contexts)
        return int(execution_id), [int(each) for each in artifact_ids[len(inputs) :]]

    def artifact(
        self, type_name: str, uri: Path | None = None, **properties: int | str
    ) -> metadata_store_pb2.Artifact:
        """Makes an artifact that is there, to be an execution's output."""
        type_id = self.store.put_artifact_type(metadata_store_pb2.ArtifactType(name=type_name))
        made = metadata_store_pb2.Artifact(type_id=type_id, state=LIVE, type=type_name)
        for key, value in properties.items():
            if isinstance(value, int):
                made.custom_properties[key].int_value = value
            else:
                made.custom_properties[key].string_value = value
        number = len(list(self.root.glob("*/*"))) + 1
        folder = uri or self.root / type_name / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "file").write_text(type_name)
        made.uri = str(folder)
        return made

    def state(self, artifact_id: int) -> int:
        """Returns an artifact's state."""
        return int(self._existing(artifact_id).state)

    def _existing(self, artifact_id: int) -> Any:
        (artifact,) = self.store.get_artifacts_by_id([artifact_id])
        return artifact

    def _context(self, type_name: str, name: str) -> int:
        known = self.store.get_context_by_type_and_name(type_name, name)
        if known is not None:
            return int(known.id)
        type_id = self.store.put_context_type(metadata_store_pb2.ContextType(name=type_name))
        (made,) = self.store.put_contexts([metadata_store_pb2.Context(type_id=type_id, name=name)])
        return int(made)


def _event(kind: int) -> metadata_store_pb2.Event:
    return metadata_store_pb2.Event(type=kind)
