"""`summary.json`: what a run did. Users, tests and other programs rely on its form."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from components.evaluator.metric_kinds import Direction, Metric, Table
from components.evaluator.metrics import ALL_METRICS, shown_in
from pipeline import terminal

SUMMARY_FILE: Final = "summary.json"
RunStatus = Literal["succeeded", "not_blessed", "failed", "interrupted"]


@dataclass(frozen=True, kw_only=True)
class NodeSummary:
    """One node of a run; see `pipeline.run.launch.NodeResult` for the attributes."""

    id: str
    state: str
    seconds: float
    why: str
    peak_rss_mb: int = 0
    found: str = ""


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """What a run did. Metrics are of the test split.

    Attributes:
        run_id: The run's name in the metadata store and the name of its log.
        status: How it ended.
        model: The model's name in the configuration.
        objective: The objective of its training.
        split: How the ratings were split.
        seconds: Wall time of the whole run.
        nodes: One entry for each node, in order.
        blessed: Whether the model passed every threshold, and the canary.
        pushed_version: The version that this run pushed; None if it pushed none.
        dataset: Counts of `ratings`, `users`, `movies` and `bad_rows`; None before ingest.
        metrics: Values over all test ratings; empty before the Evaluator.
        changes: Differences from the last blessed model; empty if no model was blessed before.
        slices: Name, rows and metrics of each slice.
        failures: Each threshold that was not kept and each finding of the canary, or the error that
            ended the run.
    """

    run_id: str
    status: RunStatus
    model: str
    objective: str
    split: str
    seconds: float
    nodes: Sequence[NodeSummary]
    blessed: bool = False
    pushed_version: int | None = None
    dataset: Mapping[str, int] | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    changes: Mapping[str, float] = field(default_factory=dict)
    slices: Sequence[Mapping[str, Any]] = ()
    failures: Sequence[str] = ()

    def to_json_dict(self) -> dict[str, Any]:
        """Returns the summary as JSON values, seconds rounded to milliseconds."""
        return {
            "run_id": self.run_id,
            "status": self.status,
            "pushed_version": self.pushed_version,
            "blessed": self.blessed,
            "model": self.model,
            "objective": self.objective,
            "split": self.split,
            "dataset": None if self.dataset is None else dict(self.dataset),
            "metrics": dict(self.metrics),
            "changes": dict(self.changes),
            "slices": [dict(each) for each in self.slices],
            "failures": list(self.failures),
            "nodes": [
                {
                    "id": node.id,
                    "state": node.state,
                    "seconds": round(node.seconds, 3),
                    "why": node.why,
                    "found": node.found,
                    "peak_rss_mb": node.peak_rss_mb,
                }
                for node in self.nodes
            ],
            "seconds": round(self.seconds, 3),
        }


def write_summary(summary: RunSummary, output: Path) -> Path:
    """Writes the whole summary, or leaves an earlier one as it was.

    Args:
        summary: The summary.
        output: The output folder.

    Returns:
        The file.

    Raises:
        ValueError: A metric is NaN or infinite, which JSON cannot express.
        OSError: The file could not be written; an earlier one is unchanged.
    """
    text = json.dumps(summary.to_json_dict(), indent=2, ensure_ascii=False, allow_nan=False)
    path = output / SUMMARY_FILE
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        unfinished.write_text(f"{text}\n", encoding="utf-8")
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    return path


def recorded_failures(output: Path, run_id: str) -> list[str]:
    """Returns why a run failed or was refused; nothing if the last summary is of another run.

    Args:
        output: The output folder.
        run_id: The run.

    Raises:
        OSError: The file exists and cannot be read.
    """
    try:
        text = (output / SUMMARY_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    summary = json.loads(text)
    return list(summary["failures"]) if summary["run_id"] == run_id else []


def print_summary(summary: RunSummary) -> None:
    """Prints the metrics and slices of a run; nothing if none were measured."""
    if not summary.metrics:
        return
    terminal.table(
        f"Test metrics ({summary.model}, {summary.objective}, split {summary.split})",
        ("metric", "value", "change") if summary.changes else ("metric", "value"),
        [_metric_row(ALL_METRICS[name], summary) for name in summary.metrics],
    )
    columns = [metric for metric in shown_in(Table.SLICES) if metric.name in summary.metrics]
    terminal.table(
        "Slices of the test ratings",
        ("slice", "rows", *(metric.name for metric in columns)),
        [
            (each["name"], each["rows"], *metric_cells(columns, each["metrics"]))
            for each in summary.slices
        ],
    )


def metric_cells(
    metrics: Iterable[Metric], values: Mapping[str, float]
) -> list[terminal.Number | None]:
    """Returns the cells of a table's row.

    Args:
        metrics: The columns.
        values: Measured values by name; a metric that is missing has an empty cell.
    """
    return [
        terminal.Number(metric.text(values[metric.name])) if metric.name in values else None
        for metric in metrics
    ]


def _metric_row(metric: Metric, summary: RunSummary) -> tuple[object, ...]:
    row = metric.name, *metric_cells([metric], summary.metrics)
    if not summary.changes:
        return row
    is_count = metric.direction is Direction.NEITHER  # the two models were measured on equal rows
    return *row, *metric_cells([metric], {} if is_count else summary.changes)
