"""The record of a run: what each node did and what became of the model.

`Run` and its `Node`s are the only description of a run. Everything else is a view of them:
`summary.json`, the line in `logs/outcomes.jsonl` and in alerts, the metrics for a dashboard, what
the metadata store keeps for `movielens history`, and the tables on the terminal.
"""

import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from components.atomic_pusher.version_folder import served_version
from components.evaluator.metrics import (
    ALL_METRICS,
    INTERVAL_ERRORS,
    Direction,
    Metric,
    Table,
    shown_in,
)
from movielens.datasets.atomic_files import write_file
from pipeline import terminal
from pipeline.config import PipelineConfig
from pipeline.errors import EXIT_INTERRUPTED
from pipeline.run.reproduction import TELLING_SECTIONS, command, environment
from report.runs import RUN_FILE, RUN_PAGE, run_folder

if TYPE_CHECKING:
    from tfx.types import Artifact

    from components.anomaly_gate.anomalies import Distance

SUMMARY_FILE: Final = "summary.json"
_FINGERPRINT: Final = "input_fingerprint"  # TFX's name for that of the folders that were read
NodeState = Literal["executed", "cached", "failed", "skipped"]
RunStatus = Literal["succeeded", "not_blessed", "failed", "interrupted"]
_EXIT_CODES: Final[Mapping[RunStatus, int]] = {
    "succeeded": 0,
    "not_blessed": 1,
    "failed": 1,
    "interrupted": EXIT_INTERRUPTED,
}


@dataclass(frozen=True, kw_only=True)
class Node:
    """What one node of a run did.

    Attributes:
        id: The node's id in the pipeline.
        state: `executed`, `cached`, `failed`, or `skipped` because a node before it failed.
        why: Why it ran, did not have to run, failed or was skipped.
        found: What it found; empty if it has nothing to say.
        seconds: Wall time.
        cpu_seconds: Processor time of this process and of children that ended.
        peak_rss_mb: Most memory of this process and its children, in 10^6 bytes.
        outputs: Its artifacts by output key. No view shows them.
    """

    id: str
    state: NodeState
    why: str
    found: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_rss_mb: int = 0
    outputs: "Mapping[str, list[Artifact]]" = field(default_factory=dict)

    def to_json_dict(self) -> dict[str, Any]:
        """Returns the node as in `summary.json`, seconds rounded to milliseconds."""
        return {
            "id": self.id,
            "state": self.state,
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "why": self.why,
            "found": self.found,
            "peak_rss_mb": self.peak_rss_mb,
        }

    def line(self) -> str:
        """Returns the node's line on the terminal."""
        text = f"{self.found} ({self.why})" if self.found else self.why
        return f"{self.id:<20} {self.state:<8} {self.seconds:6.1f} s  {text}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run did. Metrics are of the test split.

    Attributes:
        config: The options of the run.
        run_id: The run's name in the metadata store and in the names of its logs.
        status: How it ended.
        seconds: Wall time of the whole run.
        log: The run's log; it does not exist if the run never started.
        nodes: One entry for each node, in order.
        blessed: Whether the model passed every threshold and the canary.
        pushed_version: The version that this run pushed; None if it pushed none.
        dataset: Counts of `ratings`, `users`, `movies` and `bad_rows`; None before ingest.
        drift: Distances from the statistics of the span before; empty without `[drift]`.
        skew: Distances from what clients have logged; empty without `[skew]`.
        metrics: Values over all test ratings; empty before the Evaluator.
        errors: Their standard errors over users, where they are defined.
        changes: Differences from the last blessed model; empty if there was none.
        change_errors: Their standard errors, paired by users, where they are defined.
        slices: Name, rows and the same four tables of each slice.
        failures: Each missed threshold and finding of the canary, or the error that ended the run.
        graph: The ids of the nodes that each node waits for; empty if no node was started.
        host: The machine.
        time: When the run ended, in ISO 8601 and UTC.
    """

    config: PipelineConfig
    run_id: str
    status: RunStatus
    seconds: float
    log: Path
    nodes: Sequence[Node] = ()
    blessed: bool = False
    pushed_version: int | None = None
    dataset: Mapping[str, int] | None = None
    drift: "Sequence[Distance]" = ()
    skew: "Sequence[Distance]" = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[str, float] = field(default_factory=dict)
    changes: Mapping[str, float] = field(default_factory=dict)
    change_errors: Mapping[str, float] = field(default_factory=dict)
    slices: Sequence[Mapping[str, Any]] = ()
    failures: Sequence[str] = ()
    graph: Mapping[str, Sequence[str]] = field(default_factory=dict)
    host: str = field(default_factory=socket.gethostname)
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def page(self) -> Path:
        """The page of its report, which exists if that could be written."""
        return run_folder(self.config.output, self.run_id) / RUN_PAGE

    def to_summary(self) -> dict[str, Any]:
        """Returns what `summary.json` holds, seconds rounded to milliseconds."""
        return {
            "run_id": self.run_id,
            "status": self.status,
            "pushed_version": self.pushed_version,
            "blessed": self.blessed,
            "model": self.config.trainer.model,
            "objective": self.config.trainer.objective,
            "split": self.config.ingest.split,
            "dataset": None if self.dataset is None else dict(self.dataset),
            "drift": [asdict(each) for each in self.drift],
            "skew": [asdict(each) for each in self.skew],
            "metrics": dict(self.metrics),
            "errors": dict(self.errors),
            "changes": dict(self.changes),
            "change_errors": dict(self.change_errors),
            "slices": [dict(each) for each in self.slices],
            "failures": list(self.failures),
            "nodes": [node.to_json_dict() for node in self.nodes],
            "seconds": round(self.seconds, 3),
        }

    def to_report(self) -> dict[str, Any]:
        """Returns what `run.json` holds, from which pages and comparisons are made."""
        options = self.config.model_dump(mode="json", include=set(TELLING_SECTIONS))
        artifacts = {node.id: _artifacts(node.outputs) for node in self.nodes}
        return {
            **self.to_summary(),
            "time": self.time,
            "host": self.host,
            "options": options,
            "command": command(self.config),
            "environment": environment(),
            "served_version": served_version(self.config.serving_model),
            "graph": {name: list(upstream) for name, upstream in self.graph.items()},
            "artifacts": {node_id: outputs for node_id, outputs in artifacts.items() if outputs},
        }

    def to_outcome(self, alert_failures: Sequence[str] = ()) -> dict[str, Any]:
        """Returns the line that tells programs how the run ended, and which alerts failed."""
        failed = [node.id for node in self.nodes if node.state == "failed"]
        return {
            "event": "run_outcome",
            "pipeline": self.config.pipeline.name,
            "run_id": self.run_id,
            "status": self.status,
            "exit_code": _EXIT_CODES[self.status],
            "failures": list(self.failures),
            "seconds": round(self.seconds, 3),
            "output": str(self.config.output),
            "log": str(self.log),
            "report": str(self.page) if self.page.is_file() else None,
            "failed_node": failed[0] if failed else None,
            "blessed": self.blessed,
            "pushed_version": self.pushed_version,
            "metrics": dict(self.metrics),
            "host": self.host,
            "time": self.time,
            "alert_failures": list(alert_failures),
        }


def _artifacts(outputs: "Mapping[str, list[Artifact]]") -> dict[str, list[dict[str, Any]]]:
    return {
        key: [
            {
                "uri": each.uri,
                "id": each.id,
                "fingerprint": each.get_string_custom_property(_FINGERPRINT),
            }
            for each in artifacts
        ]
        for key, artifacts in outputs.items()
    }


def write_summary(run: Run) -> Path:
    """Writes `summary.json` to the output folder, whole or not at all, and returns its path.

    A copy with the options and the artifacts stays in `report/<run id>/run.json`.

    Raises:
        ValueError: A metric is NaN or infinite, which JSON cannot express.
        OSError: The file could not be written; an earlier one is unchanged.
    """
    path = run.config.output / SUMMARY_FILE
    write_file(path, [_json(run.to_summary())])
    kept = run_folder(run.config.output, run.run_id) / RUN_FILE
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_file(kept, [_json(run.to_report())])
    return path


def _json(values: Mapping[str, Any]) -> bytes:
    return f"{json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)}\n".encode()


def recorded_failures(output: Path, run_id: str) -> list[str]:
    """Reads from `summary.json` why a run failed or was refused; empty if it is of another run.

    Raises:
        OSError: The file exists and cannot be read.
    """
    try:
        text = (output / SUMMARY_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    summary = json.loads(text)
    return list(summary["failures"]) if summary["run_id"] == run_id else []


def print_metrics(run: Run) -> None:
    """Prints tables of a run's metrics and slices; nothing if none were measured.

    The 95 % interval of a figure is `+/-` around it.
    """
    if not run.metrics:
        return
    trainer, split = run.config.trainer, run.config.ingest.split
    terminal.table(
        f"Test metrics ({trainer.model}, {trainer.objective}, split {split})",
        ("metric", "value", "+/-", *(("change", "+/-") if run.changes else ())),
        [_metric_row(ALL_METRICS[name], run) for name in run.metrics],
    )
    columns = [metric for metric in shown_in(Table.SLICES) if metric.name in run.metrics]
    terminal.table(
        "Slices of the test ratings",
        ("slice", "rows", *(metric.name for metric in columns)),
        [
            (each["name"], each["rows"], *metric_cells(columns, each["metrics"]))
            for each in run.slices
        ],
    )


def metric_cells(
    metrics: Iterable[Metric], values: Mapping[str, float]
) -> list[terminal.Number | None]:
    """Returns a table row's cells, one for each metric; None for one without a value."""
    return [
        terminal.Number(metric.text(values[metric.name])) if metric.name in values else None
        for metric in metrics
    ]


def _metric_row(metric: Metric, run: Run) -> tuple[object, ...]:
    row = metric.name, *metric_cells([metric], run.metrics), _room(metric, run.errors)
    if not run.changes:
        return row
    is_count = metric.direction is Direction.NEITHER  # both models are measured on equal rows
    change = metric_cells([metric], {} if is_count else run.changes)
    return *row, *change, _room(metric, run.change_errors)


def _room(metric: Metric, errors: Mapping[str, float]) -> terminal.Number | None:
    """Half the width of the 95 % interval."""
    if metric.name not in errors:
        return None
    return terminal.Number(metric.text(INTERVAL_ERRORS * errors[metric.name]))
