"""Puts an earlier blessed version back into the served folder, as its newest."""

from dataclasses import dataclass
from pathlib import Path

from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2

from components.atomic_pusher.leaky_mark import LeakyModelError, refuse_leaky
from components.atomic_pusher.version_folder import (
    NoHigherVersionError,
    push_version,
    served_version,
    versions,
)
from components.baseline_resolver import RESTORED_MODEL
from pipeline.config import PipelineConfig
from pipeline.errors import RunFailure, UsageError
from pipeline.store.ledger import PIPELINE_CONTEXT, RESTORED_FROM, ROLLBACK, Ledger, Push

_MODEL_FOLDERS = ("Format-Serving", "")  # where a Model artifact of TFX keeps its SavedModel


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a rollback did: it copied version `restored_from` to `folder` as the new `version`.

    `replaced` is the version that was served before; None if there was none.
    """

    version: int
    restored_from: int
    replaced: int | None
    folder: Path


def roll_back(store: MetadataStore, config: PipelineConfig, version: int | None = None) -> Restored:
    """Puts a version back: copies it as the newest, in one step, and records that.

    It needs no run's lock, because whoever has to go back cannot wait for a run to end. A run that
    ends later pushes a newer version, if its model is blessed. Without `version`, it puts back the
    last version before the served one that has another model.

    Raises:
        UsageError: There is no such version.
        RunFailure: It was never blessed, is served already, is marked as leaky, or is gone; or no
            version is higher than those in the folder.
        OSError: It could not be copied; what was served is unchanged.
    """
    ledger = Ledger(store, config.pipeline.name)
    served = served_version(config.serving_model)
    if version is None:
        target = _previous(ledger, served)
    else:
        target = _named(ledger, version, versions(config.serving_model))
    _refuse(ledger, target, served)
    source = _source(ledger, target, config.serving_model)
    try:
        refuse_leaky(source)
        folder = push_version(source, config.serving_model)
    except (LeakyModelError, NoHigherVersionError) as error:
        raise RunFailure(str(error)) from error
    origin = ledger.origin_of(target).version
    _record(store, config.pipeline.name, ledger, target, folder, origin)
    return Restored(version=int(folder.name), restored_from=origin, replaced=served, folder=folder)


def _named(ledger: Ledger, version: int, there: list[int]) -> Push:
    push = ledger.push_of(version)
    if push is not None:
        return push
    if version in there:
        raise RunFailure(
            f"version {version} is in the served folder, but no run has recorded that it was "
            "blessed and pushed, so it is not put back; `movielens history` lists those that can be"
        )
    known = ", ".join(str(push.version) for push in ledger.pushes) or "none"
    raise UsageError(f"there is no version {version}; pushed were: {known}")


def _previous(ledger: Ledger, served: int | None) -> Push:
    current = ledger.push_of(served)
    if current is None:
        candidates = list(ledger.pushes)
    else:
        start = ledger.origin_of(current).version
        candidates = [
            each
            for each in ledger.pushes
            if each.version < start and each.model_id != current.model_id
        ]
    blessed = [each for each in candidates if each.model_id in ledger.blessed_models]
    if not blessed:
        raise RunFailure(
            f"there is no earlier blessed version to go back to; served is {served or 'none'}"
        )
    return blessed[-1]


def _refuse(ledger: Ledger, target: Push, served: int | None) -> None:
    if target.model_id not in ledger.blessed_models:
        raise RunFailure(f"version {target.version} was never blessed, so it is not put back")
    current = ledger.push_of(served)
    if current is not None and current.model_id == target.model_id:
        same = "" if served == target.version else f", as version {served}"
        raise RunFailure(f"version {target.version} is what is served now{same}")


def _source(ledger: Ledger, target: Push, served: Path) -> Path:
    """Finds a complete copy of the model: still served, the Pusher's own, or the Trainer's."""
    model = ledger.artifacts.get(target.model_id)
    candidates = [served / str(target.version)]
    if ledger.is_live(target.artifact_id):
        candidates.append(target.copy)
    if model is not None and ledger.is_live(model.id):
        candidates += [Path(model.uri) / folder for folder in _MODEL_FOLDERS]
    for candidate in candidates:
        if (candidate / "saved_model.pb").is_file():
            return candidate
    raise RunFailure(
        f"version {target.version} has been deleted: neither {candidates[0]} nor an artifact of "
        "its model is there. [retention] keep_versions says how many stay"
    )


def _record(
    store: MetadataStore,
    pipeline_name: str,
    ledger: Ledger,
    target: Push,
    folder: Path,
    origin: int,
) -> None:
    """Records the rollback, so that history, baseline and the next rollback know what is served."""
    execution = metadata_store_pb2.Execution(
        type_id=store.put_execution_type(metadata_store_pb2.ExecutionType(name=ROLLBACK)),
        last_known_state=metadata_store_pb2.Execution.COMPLETE,
    )
    pushed = metadata_store_pb2.Artifact(
        type_id=ledger.artifacts[target.artifact_id].type_id,
        uri=str(folder),
        state=metadata_store_pb2.Artifact.LIVE,
    )
    pushed.custom_properties["pushed"].int_value = 1
    pushed.custom_properties["pushed_destination"].string_value = str(folder)
    pushed.custom_properties["pushed_version"].string_value = folder.name
    pushed.custom_properties[RESTORED_FROM].int_value = origin
    pushed.custom_properties[RESTORED_MODEL].int_value = target.model_id
    kinds = metadata_store_pb2.Event
    pairs = [
        (ledger.artifacts[target.model_id], kinds(type=kinds.INPUT)),
        (pushed, kinds(type=kinds.OUTPUT)),
    ]
    context = store.get_context_by_type_and_name(PIPELINE_CONTEXT, pipeline_name)
    store.put_execution(execution, pairs, [context])
