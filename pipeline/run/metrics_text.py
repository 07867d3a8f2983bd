"""The numbers of a run in Prometheus's text format: a view of the run's record.

What happened before the last run comes from the outcomes of all runs. Their file needs no database,
and a failed run only appends to it, so that it cannot erase the time of the last success.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from components.anomaly_gate.anomalies import Distance
from pipeline.run.record import Run, RunStatus


def metrics_text(run: Run, outcomes: Iterable[Mapping[str, Any]]) -> bytes:
    """Returns the metrics of a run.

    The outcomes are those of all runs, this one included, as `Run.to_outcome` makes them.
    """
    gauges = _Gauges(run.config.pipeline.name)
    gauges.add("run_timestamp_seconds", "When the last run ended.", _seconds(run.time))
    gauges.add("run_duration_seconds", "Wall time of the last run.", run.seconds)
    gauges.add_all(
        "run_status",
        "1 for the status of the last run, 0 for the others.",
        ("status",),
        {(each,): each == run.status for each in get_args(RunStatus)},
    )
    _add_past(gauges, outcomes)
    gauges.add_all(
        "node_duration_seconds",
        "Wall time of each node that the last run came to.",
        ("node",),
        {(node.id,): node.seconds for node in run.nodes if node.state != "skipped"},
    )
    for name, count in (run.dataset or {}).items():
        read = name.replace("_", " ")
        gauges.add(f"dataset_{name}", f"How many {read} the last run found in its data.", count)
    gauges.add_all(
        "test_metric",
        "Metrics over all test ratings, if the last run measured them.",
        ("metric",),
        {(name,): value for name, value in run.metrics.items()},
    )
    _add_distances(gauges, "drift", "training data and the span before", run.drift)
    _add_distances(gauges, "skew", "training data and logged requests", run.skew)
    return gauges.text()


class _Gauges:
    """Collects gauges, each with the pipeline's name as a label."""

    def __init__(self, pipeline: str) -> None:
        self._registry = CollectorRegistry()
        self._pipeline = pipeline

    def add(self, name: str, meaning: str, value: float) -> None:
        """Adds a gauge with one value."""
        self.add_all(name, meaning, (), {(): value})

    def add_all(
        self,
        name: str,
        meaning: str,
        labels: Sequence[str],
        values: Mapping[tuple[str, ...], float],
    ) -> None:
        """Adds a gauge with a value for each combination of label values."""
        names = ["pipeline", *labels]
        gauge = Gauge(f"movielens_{name}", meaning, names, registry=self._registry)
        for key, value in values.items():
            gauge.labels(self._pipeline, *key).set(value)

    def text(self) -> bytes:
        """Returns all gauges in Prometheus's text format."""
        return generate_latest(self._registry)


def _add_past(gauges: _Gauges, outcomes: Iterable[Mapping[str, Any]]) -> None:
    """Adds the last success and the newest push: 0 before the first, because rules can compare it.

    A run that had nothing new to push names the version of an earlier run. So a version was pushed
    when the first run named it.
    """
    ends = [(_seconds(each["time"]), each["status"], each["pushed_version"]) for each in outcomes]
    successes = [time for time, status, _ in ends if status == "succeeded"]
    newest = max((version for _, _, version in ends if version is not None), default=0)
    pushes = [time for time, _, version in ends if version == newest]
    gauges.add(
        "last_success_timestamp_seconds",
        "When the last successful run ended; 0 if there was none.",
        max(successes, default=0.0),
    )
    gauges.add("pushed_version", "The newest version that a run pushed; 0 if none.", newest)
    gauges.add(
        "pushed_timestamp_seconds",
        "When the run that pushed the newest version ended; 0 if none.",
        min(pushes, default=0.0),
    )


def _add_distances(
    gauges: _Gauges, kind: str, compared: str, distances: Iterable[Distance]
) -> None:
    by_key = {(each.feature, each.measure): each for each in distances}
    labels = ("feature", "measure")
    gauges.add_all(
        f"{kind}_distance",
        f"The distance between {compared}.",
        labels,
        {key: each.value for key, each in by_key.items()},
    )
    gauges.add_all(
        f"{kind}_threshold",
        "The largest distance that does not stop the run.",
        labels,
        {key: each.threshold for key, each in by_key.items()},
    )


def _seconds(time: str) -> float:
    """Returns the seconds since 1970 of a time in ISO 8601."""
    return datetime.fromisoformat(time).timestamp()
