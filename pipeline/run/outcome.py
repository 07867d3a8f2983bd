"""How a run ended, as one line of JSON for whoever watches runs.

Every run that got as far as its output folder appends its line to `logs/outcomes.jsonl` there,
whether it succeeded, was refused, failed or never started since another was running.
"""

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipeline.config import PipelineConfig
from pipeline.errors import EXIT_INTERRUPTED
from pipeline.run.record import RunStatus, RunSummary

OUTCOMES_FILE: Final = "logs/outcomes.jsonl"
_EXIT_CODES: Final[Mapping[RunStatus, int]] = {
    "succeeded": 0,
    "not_blessed": 1,
    "failed": 1,
    "interrupted": EXIT_INTERRUPTED,
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The essentials of a run's end; the attributes are the keys of the line.

    Attributes:
        pipeline: the pipeline's name.
        run_id: the run's name.
        status: `succeeded`, `not_blessed`, `failed` or `interrupted`.
        exit_code: what `movielens run` exits with.
        failures: why it was not blessed or failed.
        failed_node: the node that failed; None where none did.
        blessed: whether the model passed every threshold.
        pushed_version: the version that it serves; None where there is none.
        metrics: of the test ratings; empty before the Evaluator.
        seconds: wall time of the whole run.
        output: the output folder.
        log: the run's log.
        host: the machine.
        time: when it ended, ISO 8601 in UTC.
        alert_failures: alerts that could not be delivered.
        event: always `run_outcome`, for collectors that see other lines too.
    """

    pipeline: str
    run_id: str
    status: RunStatus
    exit_code: int
    failures: Sequence[str]
    seconds: float
    output: str
    log: str
    failed_node: str | None = None
    blessed: bool = False
    pushed_version: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    host: str = field(default_factory=socket.gethostname)
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    alert_failures: Sequence[str] = ()
    event: str = "run_outcome"

    def to_json_dict(self) -> dict[str, Any]:
        """Returns the line's object, `event` first."""
        return {"event": self.event, **asdict(self), "seconds": round(self.seconds, 3)}


def outcome_of(summary: RunSummary, config: PipelineConfig, log: Path) -> Outcome:
    """Takes the essentials out of a run's summary.

    Args:
        summary: of the run.
        config: what was run.
        log: the run's log.
    """
    failed = (node.id for node in summary.nodes if node.state == "failed")
    return Outcome(
        pipeline=config.pipeline.name,
        run_id=summary.run_id,
        status=summary.status,
        exit_code=_EXIT_CODES[summary.status],
        failures=list(summary.failures),
        failed_node=next(failed, None),
        blessed=summary.blessed,
        pushed_version=summary.pushed_version,
        metrics=dict(summary.metrics),
        seconds=summary.seconds,
        output=str(config.output),
        log=str(log),
    )


def outcome_of_error(
    error: BaseException, config: PipelineConfig, run_id: str, log: Path, seconds: float
) -> Outcome:
    """Describes a run that ended before it had a summary.

    Args:
        error: what ended it.
        config: what was to be run.
        run_id: the run's name.
        log: the run's log, which may not exist.
        seconds: how long it took.
    """
    status: RunStatus = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    told = " ".join(str(error).split()) or "interrupted before any node ran"
    return Outcome(
        pipeline=config.pipeline.name,
        run_id=run_id,
        status=status,
        exit_code=_EXIT_CODES[status],
        failures=[told],
        seconds=seconds,
        output=str(config.output),
        log=str(log),
    )


def append_outcome(outcome: Outcome, output: Path) -> None:
    """Appends the line to the output folder's outcomes.

    Raises:
        OSError: it cannot be written.
    """
    path = output / OUTCOMES_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(outcome.to_json_dict(), ensure_ascii=False, allow_nan=False)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
