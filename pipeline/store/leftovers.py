"""What earlier runs left half-done, and what has been taken away since: told to the store.

A store on a server may hold other pipelines, which may be running at this moment: nothing of theirs
is touched.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ml_metadata.proto import metadata_store_pb2

from pipeline.errors import RunFailure
from pipeline.store.records import (
    PIPELINE_CONTEXT,
    artifacts_of_pipeline,
    executions_of_pipeline,
)
from pipeline.store.relocation import home_of, put_home

_OPEN_STATES: Final = (
    metadata_store_pb2.Execution.NEW,
    metadata_store_pb2.Execution.RUNNING,
)


def claim(store: Any, pipeline_name: str, output: Path) -> None:
    """Ties the name of a pipeline to its output folder, whose lock keeps runs of it apart.

    Without this two runs of one name from two folders would, on a store that they share, each take
    the other's open nodes for what a kill has left.

    Args:
        store: the open `MetadataStore`.
        pipeline_name: as in the configuration.
        output: the output folder, which this run has locked.

    Raises:
        RunFailure: in this store the name belongs to another folder.
    """
    owner = home_of(store, pipeline_name)
    if owner is None:
        put_home(store, pipeline_name, output)
    elif owner != output:
        raise RunFailure(
            f"in this metadata store the pipeline `{pipeline_name}` belongs to the output folder "
            f"{owner}, and a run in {output} would take its nodes for its own; give this one "
            "another pipeline.name, or run it with that --output; if the folder was moved, put a "
            "symbolic link to it where it was"
        )


def discard_unfinished(store: Any, pipeline_name: str, pipeline_root: Path) -> int:
    """Marks executions that a killed run left open as failed and removes their half-written output.

    Only to be called by who holds the lock on the pipeline's output folder.

    Args:
        store: the open `MetadataStore`.
        pipeline_name: whose executions to look at.
        pipeline_root: where its artifacts are.

    Returns:
        How many executions there were.
    """
    unfinished = [
        execution
        for execution in executions_of_pipeline(store, pipeline_name)
        if execution.last_known_state in _OPEN_STATES
    ]
    for execution in unfinished:
        for folder in execution_folders(pipeline_root, execution.id):
            shutil.rmtree(folder)
        execution.last_known_state = metadata_store_pb2.Execution.FAILED
    if unfinished:
        store.put_executions(unfinished)
    return len(unfinished)


def set_aside_orphans(store: Any, pipeline_name: str, pipeline_root: Path) -> Path | None:
    """Renames artifacts that no metadata describe, so that new ones are not mixed into them.

    Execution ids, which name the artifact folders, start at 1 again in a new metadata store.

    Args:
        store: the open `MetadataStore`.
        pipeline_name: of the pipeline that is to be run.
        pipeline_root: where its artifacts go.

    Returns:
        The new name of the folder; None where there was nothing to set aside.
    """
    if not pipeline_root.exists():
        return None
    if store.get_context_by_type_and_name(PIPELINE_CONTEXT, pipeline_name) is not None:
        return None
    if any(Path(each.uri).is_relative_to(pipeline_root) for each in store.get_artifacts()):
        return None  # of a pipeline that had another name
    aside = pipeline_root.with_name(f"{pipeline_root.name}-orphaned-{int(time.time())}")
    return pipeline_root.rename(aside)


def forget_lost_pushes(store: Any, pipeline_name: str) -> None:
    """Makes the Pusher push again what somebody has deleted from the served folder.

    The cache looks for the artifact, not for the served copy that it tells of.

    Args:
        store: the open `MetadataStore`.
        pipeline_name: whose pushes to look at.
    """
    lost = [
        artifact
        for artifact in artifacts_of_pipeline(store, pipeline_name, "PushedModel")
        if artifact.state == metadata_store_pb2.Artifact.LIVE
        and artifact.custom_properties["pushed"].int_value
        and not Path(artifact.custom_properties["pushed_destination"].string_value).is_dir()
    ]
    _forget(store, lost)


def forget_emptied(store: Any, pipeline_name: str) -> None:
    """Makes nodes run again whose output somebody has deleted, all but its folder.

    TFX's cache looks for the folder alone. One that is not there may be on a disk that is not
    mounted: that is for the cache to find out in each run, and not noted for ever.

    Args:
        store: the open `MetadataStore`.
        pipeline_name: whose artifacts to look at.
    """
    emptied = [
        artifact
        for artifact in artifacts_of_pipeline(store, pipeline_name)
        if artifact.state == metadata_store_pb2.Artifact.LIVE
        and artifact.type != "PushedModel"  # empty where nothing was pushed
        and _is_emptied(Path(artifact.uri))
    ]
    _forget(store, emptied)


def _is_emptied(folder: Path) -> bool:
    return folder.is_dir() and not any(path.is_file() for path in folder.rglob("*"))


def forget_refusals(store: Any, pipeline_name: str) -> None:
    """Makes the canary try a model again that it has refused in an earlier run.

    Another process may have been what was slow or took the memory. What was blessed stays so.

    Args:
        store: the open `MetadataStore`.
        pipeline_name: whose refusals to look at.
    """
    refusals = [
        artifact
        for artifact in artifacts_of_pipeline(store, pipeline_name, "InfraBlessing")
        if artifact.state == metadata_store_pb2.Artifact.LIVE
        and not artifact.custom_properties["blessed"].int_value
    ]
    _forget(store, refusals)


def _forget(store: Any, artifacts: list[metadata_store_pb2.Artifact]) -> None:
    """Takes artifacts out of the cache."""
    for artifact in artifacts:
        artifact.state = metadata_store_pb2.Artifact.DELETED
    if artifacts:
        store.put_artifacts(artifacts)


def execution_folders(pipeline_root: Path, execution_id: int) -> Iterator[Path]:
    """Yields the folders that TFX makes for an execution: its artifacts' and its working ones."""
    for pattern in (f"*/*/{execution_id}", f"*/.system/*/{execution_id}"):
        yield from pipeline_root.glob(pattern)
