"""What the artifacts of a run tell a page, read without TFX and TensorFlow.

An artifact may be missing: its node did not run, retention has removed it, or it is on a remote
file system. Then the page goes without it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from report.charts import Chart, bars, lines
from report.runs import RecordedRun
from transform_module import features

INGEST: Final = "MovieLensExampleGen"
_CANARY: Final = "ServingValidator"
_SHOWN_VALUES: Final = 12  # of a text feature, the most frequent


def ingest_report(run: RecordedRun) -> Mapping[str, Any]:
    """Counts of what was read, and the bad rows by file and reason; empty without them."""
    return _json(run, INGEST, "ingest_report", "report.json")


def training(run: RecordedRun) -> Mapping[str, Any]:
    """What training measured; empty without it."""
    return _json(run, "Trainer", "model_run", "training.json")


def canary(run: RecordedRun) -> Mapping[str, Any]:
    """What the canary found; empty without it."""
    return _json(run, _CANARY, "blessing", "canary.json")


def recommended(run: RecordedRun) -> Mapping[str, Any]:
    """What `components.run_report` collected; empty without it."""
    return _json(run, "RunReport", "recommended", "")


def learning_curves(run: RecordedRun) -> Chart | None:
    """The errors of each epoch on train and eval; None for a model that needs no epochs."""
    rows = training(run).get("curve") or []
    if not rows:
        return None
    drawn = [
        {"epoch": row["epoch"], "error": round(row[of], 4), "of": of}
        for row in rows
        for of in ("train", "eval")
        if of in row
    ]
    return lines("Learning curves: the error after each epoch", drawn, "epoch", "error", by="of")


def distributions(run: RecordedRun) -> list[Chart]:
    """The distribution of every raw feature in the train split; none without statistics."""
    folder = _folder(run, "StatisticsGen", "statistics")
    file = folder / f"Split-{features.SPLIT_TRAIN}" / "FeatureStats.pb" if folder else None
    if file is None or not file.is_file():
        return []
    from tensorflow_metadata.proto.v0 import statistics_pb2  # messages alone, not TensorFlow

    read = statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes())
    return [
        bars(f"{name}: {counted}", rows, name, "values")
        for feature in read.datasets[0].features
        for name, counted, rows in _distribution(feature)
    ]


def _distribution(feature: Any) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Its name, how many values it has, and the rows of its histogram, if it has any."""
    name = feature.name or ".".join(feature.path.step)
    if feature.HasField("num_stats"):
        common, rows = feature.num_stats.common_stats, _of_numbers(name, feature.num_stats)
    elif feature.HasField("string_stats"):
        common, rows = feature.string_stats.common_stats, _of_texts(name, feature.string_stats)
    else:
        return
    counted = f"{common.tot_num_values:,} values in {common.num_non_missing:,} ratings"
    missing = f", missing in {common.num_missing:,}" if common.num_missing else ""
    if rows:
        yield name, counted + missing, rows


def _of_numbers(name: str, stats: Any) -> list[dict[str, Any]]:
    histogram = next((each for each in stats.histograms if each.type == each.STANDARD), None)
    return [
        {
            name: _label(name, bucket.low_value, bucket.high_value),
            "values": round(bucket.sample_count),
        }
        for bucket in (histogram.buckets if histogram else ())
    ]


def _of_texts(name: str, stats: Any) -> list[dict[str, Any]]:
    return [
        {name: bucket.label, "values": round(bucket.sample_count)}
        for bucket in stats.rank_histogram.buckets[:_SHOWN_VALUES]
    ]


def _label(name: str, low: float, high: float) -> str:
    if name == features.TIMESTAMP:
        first, last = (datetime.fromtimestamp(each, UTC).strftime("%Y-%m") for each in (low, high))
        return f"{first} to {last}"
    return f"{low:,.4g} to {high:,.4g}" if high < 1000 else f"{low:,.0f} to {high:,.0f}"


def _json(run: RecordedRun, node_id: str, key: str, name: str) -> Mapping[str, Any]:
    folder = _folder(run, node_id, key)
    file = folder / name if folder else None
    if file is None or not file.is_file():
        return {}
    values: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return values


def _folder(run: RecordedRun, node_id: str, key: str) -> Path | None:
    artifact = run.artifact(node_id, key)
    return None if artifact is None else Path(artifact["uri"])
