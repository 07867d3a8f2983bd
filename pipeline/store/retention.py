"""Removes what old runs left, and old versions, and tells the metadata store.

The store is told first: the cache ignores what is marked for deletion, and the next run removes
what a kill leaves of it. What is in use, or may be put back, stays:

* everything that the last `keep_runs` runs made or took from the cache;
* the models and copies of the last `keep_versions` versions, and of the one that is served;
* the two last blessed models, because the next run is compared with one of them;
* evaluations and blessings, which are small: they are the history.
"""

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ml_metadata import MetadataStore
from ml_metadata.proto.metadata_store_pb2 import Artifact

from components.atomic_pusher.version_folder import remove_version, versions
from pipeline.config import PipelineConfig
from pipeline.config.metadata import RetentionConfig
from pipeline.store.ledger import Ledger

_RECORDS: Final = ("ModelEvaluation", "ModelBlessing", "InfraBlessing")
_BASELINES: Final = 2
_MARKED: Final = Artifact.MARKED_FOR_DELETION
_DELETED: Final = Artifact.DELETED


@dataclass(frozen=True, kw_only=True)
class Expired:
    """What is to be removed: the ids of artifacts, versions in the served folder, and old runs.

    `executions` holds the ids of the executions of these runs.
    """

    artifacts: frozenset[int]
    versions: tuple[int, ...]
    runs: tuple[str, ...]
    executions: frozenset[int]


def apply_retention(store: MetadataStore, config: PipelineConfig) -> Expired:
    """Removes what the section `[retention]` does not keep, and returns it.

    Only for the holder of the lock on the output folder.

    Raises:
        OSError: Something could not be removed; the next run tries again.
    """
    ledger = Ledger(store, config.pipeline.name)
    expired = find_expired(ledger, config.retention, config.serving_model)
    artifacts = [ledger.artifacts[each] for each in sorted(expired.artifacts)]
    _put_state(store, artifacts, _MARKED)
    for version in expired.versions:
        remove_version(config.serving_model, version)
    for artifact in artifacts:
        _remove(Path(artifact.uri), within=config.pipeline_root)
    _put_state(store, artifacts, _DELETED)
    _remove_working_folders(expired, config.pipeline_root)
    _remove_logs(expired, config.output / "logs")
    return expired


def find_expired(ledger: Ledger, retention: RetentionConfig, served: Path) -> Expired:
    """Decides what is to be removed; `served` is the folder of versions."""
    runs = list(ledger.runs)
    old = () if retention.keep_runs is None else tuple(runs[: -retention.keep_runs])
    kept_runs = runs[len(old) :]
    gone_versions = _old_versions(ledger, retention.keep_versions, served)
    retired = {each.artifact_id for each in ledger.pushes if each.version in gone_versions}
    keep = _of_runs(ledger, kept_runs) | _of_versions(ledger, retention, gone_versions)
    keep |= {each.id for name in _RECORDS for each in ledger.of_type(name)}
    made_by_old = _of_runs(ledger, old)
    marked = {key for key, each in ledger.artifacts.items() if each.state == _MARKED}
    going = ((made_by_old - keep) | retired) & {
        each for each in ledger.artifacts if ledger.is_live(each)
    }
    return Expired(
        artifacts=frozenset(going | marked),
        versions=tuple(version for version in versions(served) if version in gone_versions),
        runs=old,
        executions=frozenset(
            each for run in old for each in ledger.runs[run] if each in ledger.executions
        ),
    )


def _old_versions(ledger: Ledger, keep: int | None, served: Path) -> frozenset[int]:
    """Returns our versions beyond the last `keep`; others in the folder are not touched."""
    if keep is None:
        return frozenset()
    there = versions(served)
    ours = [each.version for each in ledger.pushes if each.version in there or each.copy.exists()]
    return frozenset(ours[:-keep]) - frozenset(there[-1:])


def _of_versions(
    ledger: Ledger, retention: RetentionConfig, gone_versions: frozenset[int]
) -> set[int]:
    blessed = ledger.blessed_models
    keep = set(blessed if retention.keep_versions is None else blessed[-_BASELINES:])
    for push in ledger.pushes:
        if push.version not in gone_versions:
            keep |= {push.model_id, push.artifact_id}
    return keep


def _of_runs(ledger: Ledger, runs: Iterable[str]) -> set[int]:
    return {
        artifact_id
        for run in runs
        for execution_id in ledger.runs[run]
        if execution_id in ledger.executions
        for artifact_id in (*ledger.inputs[execution_id], *ledger.outputs[execution_id])
    }


def _remove_working_folders(expired: Expired, pipeline_root: Path) -> None:
    """Removes what TFX keeps of an execution beside its artifacts."""
    for folder in pipeline_root.glob("*/.system/*/*"):
        if folder.name.isdecimal() and int(folder.name) in expired.executions:
            shutil.rmtree(folder)


def _remove_logs(expired: Expired, logs: Path) -> None:
    """Removes the logs of runs and, if a scheduler started the nodes, of their nodes."""
    of_old_runs = re.compile(rf"run-({'|'.join(map(re.escape, expired.runs))})(-[A-Z]\w*)?\.\w+")
    for log in logs.glob("run-*"):
        if of_old_runs.fullmatch(log.name):
            log.unlink()


def _put_state(store: MetadataStore, artifacts: list[Artifact], state: int) -> None:
    for artifact in artifacts:
        artifact.state = state
    if artifacts:
        store.put_artifacts(artifacts)


def _remove(path: Path, *, within: Path) -> None:
    """Removes an artifact's files, but never any outside the pipeline's own folder."""
    if not path.is_relative_to(within) or path == within:
        return
    if path.is_dir():
        shutil.rmtree(path)
        return
    path.unlink(missing_ok=True)  # a value artifact is one file in its own folder
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()
