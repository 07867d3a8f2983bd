"""`summary.json`: what a run did, in the form that people, tests and reports rely on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from components.evaluator import metric_names
from pipeline import terminal

SUMMARY_FILE: Final = "summary.json"
RunStatus = Literal["succeeded", "not_blessed", "failed", "interrupted"]

_SLICE_COLUMNS: Final = (
    metric_names.RMSE,
    metric_names.MAE,
    metric_names.AUC,
    metric_names.NDCG_NORMAL,
    metric_names.P10_NORMAL,
)
_COUNTS: Final = (
    metric_names.EXAMPLE_COUNT,
    metric_names.USERS_STRICT,
    metric_names.USERS_NORMAL,
)


@dataclass(frozen=True, kw_only=True)
class NodeSummary:
    """One node of a run; see `pipeline.runners.node.NodeResult` for the attributes."""

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
        run_id: the run's name in the metadata store and of its log.
        status: how it ended.
        model: the model's name in the configuration.
        objective: what it was trained for.
        split: how the ratings were split.
        seconds: wall time of the whole run.
        nodes: one entry a node, in order.
        blessed: whether the model passed every threshold, and the canary.
        pushed_version: the served version that came of this run; None if none did.
        dataset: counts of `ratings`, `users`, `movies` and `bad_rows`; None before ingest.
        metrics: over all test ratings; empty before the Evaluator.
        changes: against the last blessed model before this one; empty where there was none.
        slices: name, rows and metrics of each slice.
        failures: each threshold that was not kept and what the canary found, or the error that
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
    """Writes the summary, whole or not at all.

    Args:
        summary: what to write.
        output: the output folder.

    Returns:
        The file.

    Raises:
        ValueError: a metric is NaN or infinite, which JSON has no word for.
        OSError: the file could not be written; an earlier one is as it was.
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
    """Returns why a run failed or was refused; nothing where the last summary is not of that run.

    Args:
        output: the output folder.
        run_id: the run.

    Raises:
        OSError: the file is there and cannot be read.
    """
    try:
        text = (output / SUMMARY_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    summary = json.loads(text)
    return list(summary["failures"]) if summary["run_id"] == run_id else []


def print_summary(summary: RunSummary) -> None:
    """Prints the metrics and slices of a run; nothing where none were measured."""
    if not summary.metrics:
        return
    terminal.table(
        f"Test metrics ({summary.model}, {summary.objective}, split {summary.split})",
        ("metric", "value", "change") if summary.changes else ("metric", "value"),
        [_metric_row(name, summary) for name in summary.metrics],
    )
    columns = [name for name in _SLICE_COLUMNS if name in summary.metrics]
    terminal.table(
        "Slices of the test ratings",
        ("slice", "rows", *columns),
        [
            (each["name"], each["rows"], *(each["metrics"].get(name) for name in columns))
            for each in summary.slices
        ],
    )


def _metric_row(name: str, summary: RunSummary) -> tuple[object, ...]:
    value = summary.metrics[name]
    shown = int(value) if name in _COUNTS else value
    if not summary.changes:
        return name, shown
    return name, shown, None if name in _COUNTS else summary.changes.get(name)
