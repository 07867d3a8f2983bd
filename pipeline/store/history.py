"""What happened to a pipeline's models: runs, what they measured, what was pushed and put back.

How a run ended is kept on its context in the metadata store: to TFX's cache an artifact that has
changed is a new one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from ml_metadata import MetadataStore
from ml_metadata.proto.metadata_store_pb2 import Context, Execution

from components.atomic_pusher.version_folder import served_version
from pipeline.config import PipelineConfig
from pipeline.store.ledger import RUN_CONTEXT, Ledger, runs_of_pipeline
from pipeline.store.rollback import find_copy

VersionState = Literal["served", "kept", "removed"]
_BLESSINGS: Final = ("ModelBlessing", "InfraBlessing")
_PROPERTY: Final = "movielens_outcome"


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One run or rollback; the attributes are the keys of `movielens history --json`."""

    time: str  # when the run started or the rollback happened, in ISO 8601 and UTC
    event: Literal["run", "rollback"]
    run_id: str | None = None  # the run's name; None for a rollback
    # How the run ended; `unfinished` if it was killed or still runs. None for a rollback.
    status: str | None = None
    blessed: bool | None = None  # whether the model was blessed; None if none was judged
    version: int | None = None  # that the run pushed or reused, or that the rollback made
    version_state: VersionState | None = None  # `kept` can be put back; None without a version
    restored_from: int | None = None  # the version that a rollback put back
    # Of the test ratings; empty if the run did not get that far or was not recorded.
    metrics: Mapping[str, float] = field(default_factory=dict)


def keep_outcome(store: MetadataStore, outcome: Mapping[str, Any]) -> None:
    """Keeps a run's outcome, from `Run.to_outcome`, if the run got as far as its first node."""
    run = store.get_context_by_type_and_name(RUN_CONTEXT, outcome["run_id"])
    if run is None:
        return
    kept = {key: outcome[key] for key in ("status", "metrics")}
    run.custom_properties[_PROPERTY].string_value = json.dumps(kept)
    store.put_contexts([run])


def read_history(store: MetadataStore, config: PipelineConfig) -> list[HistoryEntry]:
    """Reads all runs and rollbacks of a pipeline, the oldest first."""
    name = config.pipeline.name
    ledger = Ledger(store, name)
    served = served_version(config.serving_model)
    states: dict[int, VersionState] = {}
    for push in ledger.pushes:
        has_copy = find_copy(ledger, push, config.serving_model) is not None
        states[push.version] = "kept" if has_copy else "removed"
        if push.version == served:
            states[push.version] = "served"
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


def _run_entry(ledger: Ledger, run: Context, states: Mapping[int, VersionState]) -> HistoryEntry:
    executions = [ledger.executions[each] for each in ledger.runs[run.name]]
    outputs = {each for execution in executions for each in ledger.outputs[execution.id]}
    version = next((each.version for each in ledger.pushes if each.artifact_id in outputs), None)
    blessed = _blessed(ledger, outputs)
    kept = run.custom_properties.get(_PROPERTY)
    # Nothing is kept of a run that was killed or has not ended.
    outcome = json.loads(kept.string_value) if kept is not None else {}
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
    """Whether Evaluator and canary accepted the model; None if neither has judged it."""
    judged = [[each for each in ledger.of_type(name) if each.id in outputs] for name in _BLESSINGS]
    last = [blessings[-1] for blessings in judged if blessings]
    return all(each.custom_properties["blessed"].int_value for each in last) if last else None


def _status(executions: list[Execution], blessed: bool | None, version: int | None) -> str:
    """Derives how a run ended from its nodes, if that was not recorded."""
    if any(each.last_known_state == Execution.FAILED for each in executions):
        return "failed"
    if blessed is False:
        return "not_blessed"
    return "unfinished" if version is None else "succeeded"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
