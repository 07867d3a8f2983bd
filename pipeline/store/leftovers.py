"""Tells the store what earlier runs left half-done, and what somebody has deleted since.

A store on a server may hold other pipelines that are running now: nothing of theirs is touched.
"""

import shutil
import time
from pathlib import Path
from typing import Final

from ml_metadata import MetadataStore
from ml_metadata.proto.metadata_store_pb2 import Artifact, Execution

from components.run_report import PROBLEM_PROPERTY
from pipeline.errors import RunFailure
from pipeline.store.ledger import PIPELINE_CONTEXT, artifacts_of_pipeline, executions_of_pipeline
from pipeline.store.relocation import home_of, put_home

_OPEN_STATES: Final = (Execution.NEW, Execution.RUNNING)


def claim(store: MetadataStore, pipeline_name: str, output: Path) -> None:
    """Ties the name of a pipeline to its output folder, which this run has locked.

    Otherwise two runs of one name from two folders, on a store that they share, would each take the
    other's open nodes for the remains of a killed run. A RunFailure if the name belongs to another
    folder.
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


def discard_unfinished(store: MetadataStore, pipeline_name: str, pipeline_root: Path) -> int:
    """Marks executions that a killed run left open as failed, and removes their partial output.

    Returns their number. Only for the holder of the lock on the output folder.
    """
    executions = executions_of_pipeline(store, pipeline_name)
    unfinished = [each for each in executions if each.last_known_state in _OPEN_STATES]
    for execution in unfinished:
        # The folders that TFX makes for an execution: those of its artifacts and its working ones.
        for folder in (
            *pipeline_root.glob(f"*/*/{execution.id}"),
            *pipeline_root.glob(f"*/.system/*/{execution.id}"),
        ):
            shutil.rmtree(folder)
        execution.last_known_state = Execution.FAILED
    if unfinished:
        store.put_executions(unfinished)
    return len(unfinished)


def set_aside_orphans(store: MetadataStore, pipeline_name: str, pipeline_root: Path) -> Path | None:
    """Renames a folder of artifacts that the store does not know, so that new ones do not mix in.

    Execution ids, which name the artifact folders, start at 1 again in a new metadata store.
    Returns the new name of the folder; None if there was nothing to set aside.
    """
    if not pipeline_root.exists():
        return None
    if store.get_context_by_type_and_name(PIPELINE_CONTEXT, pipeline_name) is not None:
        return None
    if any(Path(each.uri).is_relative_to(pipeline_root) for each in store.get_artifacts()):
        return None  # of a pipeline that had another name
    aside = pipeline_root.with_name(f"{pipeline_root.name}-orphaned-{int(time.time())}")
    return pipeline_root.rename(aside)


def forget_stale(store: MetadataStore, pipeline_name: str, *, with_refusals: bool) -> None:
    """Takes out of TFX's cache what has to be made again.

    * Output that somebody has deleted: of a push the copy in the served folder, of any other node
      the files but not their folder, for the cache looks for the folder alone. A missing folder may
      be on a disk that is not mounted: the cache finds that out in each run.
    * With `with_refusals`, what the canary refused in earlier runs: another process may have slowed
      the model down or used up the memory. Blessed models stay blessed. Lists for the report that
      could not be made are tried again, too.
    """
    stale = [
        each
        for each in artifacts_of_pipeline(store, pipeline_name)
        if each.state == Artifact.LIVE
        and (_is_deleted(each) or (with_refusals and _is_refusal(each)))
    ]
    for artifact in stale:
        artifact.state = Artifact.DELETED
    if stale:
        store.put_artifacts(stale)


def _is_deleted(artifact: Artifact) -> bool:
    if artifact.type == "PushedModel":  # its own folder is empty if nothing was pushed
        properties = artifact.custom_properties
        served = Path(properties["pushed_destination"].string_value)
        return bool(properties["pushed"].int_value) and not served.is_dir()
    folder = Path(artifact.uri)
    return folder.is_dir() and not any(path.is_file() for path in folder.rglob("*"))


def _is_refusal(artifact: Artifact) -> bool:
    if artifact.type == "InfraBlessing":
        return not artifact.custom_properties["blessed"].int_value
    return PROBLEM_PROPERTY in artifact.custom_properties
