"""TFDV's comparison of training with serving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

# First, because it stands in for a module that TFDV misses in this tfx-bsl.
import tfx  # noqa: F401  # isort: skip

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.skew_validator.history_length import feature_name, with_history_length

_TYPES: Final = {
    statistics_pb2.FeatureNameStatistics.INT: schema_pb2.INT,
    statistics_pb2.FeatureNameStatistics.FLOAT: schema_pb2.FLOAT,
    statistics_pb2.FeatureNameStatistics.STRING: schema_pb2.BYTES,
    statistics_pb2.FeatureNameStatistics.BYTES: schema_pb2.BYTES,
}


@dataclass(frozen=True)
class Skew:
    """What a comparison found.

    Attributes:
        anomalies: TFDV's, with what it measured.
        too_few: by feature that was not compared, the rows of the log that have it.
    """

    anomalies: anomalies_pb2.Anomalies
    too_few: Mapping[str, int] = field(default_factory=dict)


def compare(
    training: statistics_pb2.DatasetFeatureStatisticsList,
    serving: statistics_pb2.DatasetFeatureStatisticsList,
    thresholds: schema_pb2.Schema,
    min_rows: int,
) -> Skew:
    """Compares statistics by a schema's skew comparators.

    Args:
        training: of one split.
        serving: of the rows of a log.
        thresholds: the features to compare, each with its `skew_comparator`.
        min_rows: a feature that fewer rows of the log have is not compared.
    """
    training, serving = with_history_length(training), with_history_length(serving)
    counts = _counts(serving)
    too_few = {
        feature.name: counts.get(feature.name, 0)
        for feature in thresholds.feature
        if counts.get(feature.name, 0) < min_rows
    }
    compared = [feature for feature in thresholds.feature if feature.name not in too_few]
    if not compared:
        return Skew(anomalies_pb2.Anomalies(), too_few)
    found = tfdv.validate_statistics(
        training, _typed(compared, training), serving_statistics=serving
    )
    return Skew(_of_skew_alone(found, compared), too_few)


def _typed(
    compared: Sequence[schema_pb2.Feature],
    training: statistics_pb2.DatasetFeatureStatisticsList,
) -> schema_pb2.Schema:
    """The features with their types, without which TFDV would compare nothing."""
    types = {feature_name(each): _TYPES[each.type] for each in training.datasets[0].features}
    schema = schema_pb2.Schema(feature=compared)
    for feature in schema.feature:
        feature.type = types.get(feature.name, schema_pb2.TYPE_UNKNOWN)
    return schema


def _counts(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> dict[str, int]:
    """How many rows have each feature."""
    (dataset,) = statistics.datasets
    return {
        feature_name(each): getattr(each, each.WhichOneof("stats")).common_stats.num_non_missing
        for each in dataset.features
    }


def _of_skew_alone(
    found: anomalies_pb2.Anomalies, compared: Sequence[schema_pb2.Feature]
) -> anomalies_pb2.Anomalies:
    """Leaves out what is no comparison, and tells of those that could not be made."""
    kept = anomalies_pb2.Anomalies(drift_skew_info=found.drift_skew_info)
    for name, info in found.anomaly_info.items():
        kind = anomalies_pb2.AnomalyInfo.Type.Name
        reasons = [each for each in info.reason if kind(each.type).startswith("COMPARATOR_")]
        if reasons:
            kept.anomaly_info[name].path.CopyFrom(info.path)
            kept.anomaly_info[name].reason.extend(reasons)
    measured = {".".join(info.path.step) for info in found.drift_skew_info}
    for feature in compared:
        if feature.name not in measured:
            missing = kept.anomaly_info[feature.name]
            missing.path.step.append(feature.name)
            missing.reason.add(
                type=anomalies_pb2.AnomalyInfo.COMPARATOR_CONTROL_DATA_MISSING,
                description="No such values in training, so that nothing can be compared",
            )
    return kept
