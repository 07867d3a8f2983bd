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
from pathlib import Path
from typing import Final

from ml_metadata import MetadataStore
from ml_metadata.proto.metadata_store_pb2 import Artifact

from components.atomic_pusher.version_folder import remove_version, versions
from pipeline.config import PipelineConfig
from pipeline.config.metadata import RetentionConfig
from pipeline.store.ledger import Ledger
from report.runs import run_folder

_RECORDS: Final = ("ModelEvaluation", "ModelBlessing", "InfraBlessing")
_BASELINES: Final = 2
_MARKED: Final = Artifact.MARKED_FOR_DELETION


def apply_retention(store: MetadataStore, config: PipelineConfig) -> None:
    """Removes what the section `[retention]` does not keep.

    Only for the holder of the lock on the output folder. After an OSError, if something could not
    be removed, the next run tries again.
    """
    ledger = Ledger(store, config.pipeline.name)
    keep_runs, there = config.retention.keep_runs, versions(config.serving_model)
    old_runs = [] if keep_runs is None else list(ledger.runs)[:-keep_runs]
    old_versions = _old_versions(ledger, config.retention.keep_versions, there)
    artifacts = _expired(ledger, config.retention, old_runs, old_versions)
    _put_state(store, artifacts, _MARKED)
    for version in there:
        if version in old_versions:
            remove_version(config.serving_model, version)
    for artifact in artifacts:
        _remove(Path(artifact.uri), within=config.pipeline_root)
    _put_state(store, artifacts, Artifact.DELETED)
    _remove_working_folders(ledger, old_runs, config.pipeline_root)
    _remove_logs(old_runs, config.output / "logs")
    _remove_pages(old_runs, config.output)


def _old_versions(ledger: Ledger, keep: int | None, there: list[int]) -> frozenset[int]:
    """Returns our versions beyond the last `keep`; others in the folder are not touched."""
    if keep is None:
        return frozenset()
    ours = [each.version for each in ledger.pushes if each.version in there or each.copy.exists()]
    return frozenset(ours[:-keep]) - frozenset(there[-1:])


def _expired(
    ledger: Ledger,
    retention: RetentionConfig,
    old_runs: list[str],
    old_versions: frozenset[int],
) -> list[Artifact]:
    """Returns the artifacts to remove, with those that a kill has left marked."""
    retired = {each.artifact_id for each in ledger.pushes if each.version in old_versions}
    keep = _of_runs(ledger, [each for each in ledger.runs if each not in old_runs])
    keep |= _of_versions(ledger, retention, old_versions)
    keep |= {each.id for name in _RECORDS for each in ledger.of_type(name)}
    going = (_of_runs(ledger, old_runs) - keep) | retired
    return [
        artifact
        for key, artifact in sorted(ledger.artifacts.items())
        if artifact.state == _MARKED or (key in going and artifact.state == Artifact.LIVE)
    ]


def _of_versions(
    ledger: Ledger, retention: RetentionConfig, old_versions: frozenset[int]
) -> set[int]:
    """Returns the models and copies of all other versions, and the last blessed models."""
    blessed = ledger.blessed_models
    keep = set(blessed if retention.keep_versions is None else blessed[-_BASELINES:])
    for push in ledger.pushes:
        if push.version not in old_versions:
            keep |= {push.model_id, push.artifact_id}
    return keep


def _of_runs(ledger: Ledger, runs: Iterable[str]) -> set[int]:
    return {
        artifact_id
        for run in runs
        for execution_id in ledger.runs[run]
        for artifact_id in (*ledger.inputs[execution_id], *ledger.outputs[execution_id])
    }


def _remove_working_folders(ledger: Ledger, runs: Iterable[str], pipeline_root: Path) -> None:
    """Removes what TFX keeps of an execution beside its artifacts."""
    executions = {str(each) for run in runs for each in ledger.runs[run]}
    for folder in pipeline_root.glob("*/.system/*/*"):
        if folder.name in executions:
            shutil.rmtree(folder)


def _remove_logs(runs: Iterable[str], logs: Path) -> None:
    """Removes the logs of runs and, if a scheduler started the nodes, of their nodes."""
    of_old_runs = re.compile(rf"run-({'|'.join(map(re.escape, runs))})(-[A-Z]\w*)?\.\w+")
    for log in logs.glob("run-*"):
        if of_old_runs.fullmatch(log.name):
            log.unlink()


def _remove_pages(runs: Iterable[str], output: Path) -> None:
    """Removes the pages of runs, and keeps their records, which trends are made of."""
    for run_id in runs:
        for page in run_folder(output, run_id).glob("*.html"):
            page.unlink()


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
