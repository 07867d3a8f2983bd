"""What happened to a pipeline's models: runs, what they measured, what was pushed and put back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from ml_metadata.proto import metadata_store_pb2

from components.atomic_pusher.version_folder import served_version, versions
from pipeline.config import PipelineConfig
from pipeline.store.ledger import Ledger, Push
from pipeline.store.records import runs_of_pipeline
from pipeline.store.run_record import recorded_outcome

VersionState = Literal["served", "kept", "removed"]
_BLESSINGS: Final = ("ModelBlessing", "InfraBlessing")


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One run or rollback; the attributes are the keys of `movielens history --json`.

    Attributes:
        time: when it started (a run) or happened (a rollback), ISO 8601 in UTC.
        event: `run` or `rollback`.
        run_id: the run's name; None for a rollback.
        status: how the run ended; `unfinished` where it was killed or goes on. None for a rollback.
        blessed: whether the model was; None where none was judged.
        version: that the run pushed, took from the cache as pushed, or the rollback made.
        version_state: `served`, `kept` (it can be put back) or `removed`; None without a version.
        restored_from: the version that a rollback put back.
        metrics: of the test ratings; empty where the run did not get that far, or was not
            recorded by `movielens`.
    """

    time: str
    event: Literal["run", "rollback"]
    run_id: str | None = None
    status: str | None = None
    blessed: bool | None = None
    version: int | None = None
    version_state: VersionState | None = None
    restored_from: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)

    def to_json_dict(self) -> dict[str, Any]:
        """Returns the entry as JSON values."""
        return asdict(self)


def read_history(store: Any, config: PipelineConfig) -> list[HistoryEntry]:
    """Reads all runs and rollbacks of a pipeline.

    Args:
        store: the open `MetadataStore`.
        config: says which pipeline, and where it serves.

    Returns:
        The entries, the oldest first.
    """
    name = config.pipeline.name
    ledger = Ledger(store, name)
    states = _version_states(ledger, config.serving_model)
    entries = [_run_entry(ledger, run, states) for run in runs_of_pipeline(store, name)]
    entries += [
        HistoryEntry(
            time=_moment(push.pushed_at),
            event="rollback",
            blessed=True,
            version=push.version,
            version_state=states[push.version],
            restored_from=push.restored_from,
        )
        for push in ledger.pushes
        if push.restored_from is not None
    ]
    return sorted(entries, key=lambda each: each.time)


def _run_entry(ledger: Ledger, run: Any, states: Mapping[int, VersionState]) -> HistoryEntry:
    executions = [ledger.executions[each] for each in ledger.runs[run.name]]
    outputs = {each for execution in executions for each in ledger.outputs(execution.id)}
    version = next((each.version for each in ledger.pushes if each.artifact_id in outputs), None)
    blessed = _blessed(ledger, outputs)
    outcome = recorded_outcome(run) or {}
    return HistoryEntry(
        time=_moment(run.create_time_since_epoch / 1000),
        event="run",
        run_id=run.name,
        status=outcome.get("status") or _status(executions, blessed, version),
        blessed=blessed,
        version=version,
        version_state=None if version is None else states[version],
        metrics=outcome.get("metrics", {}),
    )


def _blessed(ledger: Ledger, outputs: set[int]) -> bool | None:
    """Whether the Evaluator and the canary let the model pass; None where neither has judged."""
    judged = [[each for each in ledger.of_type(name) if each.id in outputs] for name in _BLESSINGS]
    last = [blessings[-1] for blessings in judged if blessings]
    return all(each.custom_properties["blessed"].int_value for each in last) if last else None


def _status(executions: list[Any], blessed: bool | None, version: int | None) -> str:
    """Tells a run's end from its nodes, where another scheduler has run it."""
    if any(each.last_known_state == metadata_store_pb2.Execution.FAILED for each in executions):
        return "failed"
    if blessed is False:
        return "not_blessed"
    return "unfinished" if version is None else "succeeded"


def _version_states(ledger: Ledger, folder: Path) -> Mapping[int, VersionState]:
    there, served = versions(folder), served_version(folder)
    return {push.version: _version_state(push, ledger, there, served) for push in ledger.pushes}


def _version_state(
    push: Push, ledger: Ledger, there: list[int], served: int | None
) -> VersionState:
    if push.version == served:
        return "served"
    copies = {push.artifact_id: push.copy}
    if push.model_id in ledger.artifacts:
        copies[push.model_id] = Path(ledger.artifacts[push.model_id].uri)
    has_copy = any(ledger.is_live(key) and folder.is_dir() for key, folder in copies.items())
    return "kept" if push.version in there or has_copy else "removed"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
