"""TFDV's comparison of training with serving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

# First, because it stands in for a module that TFDV misses in this tfx-bsl.
import tfx  # noqa: F401  # isort: skip

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2
from tensorflow_metadata.proto.v0.statistics_pb2 import (
    CommonStatistics,
    DatasetFeatureStatisticsList,
    FeatureNameStatistics,
    Histogram,
)

from components.skew_validator import HISTORY_LENGTH
from transform_module import features

_TYPES: Final = {
    FeatureNameStatistics.INT: schema_pb2.INT,
    FeatureNameStatistics.FLOAT: schema_pb2.FLOAT,
    FeatureNameStatistics.STRING: schema_pb2.BYTES,
    FeatureNameStatistics.BYTES: schema_pb2.BYTES,
}


@dataclass(frozen=True)
class Skew:
    """What a comparison found."""

    anomalies: anomalies_pb2.Anomalies  # those of TFDV, with what it measured
    # The rows of the log that have a feature, by feature that was not compared.
    too_few: Mapping[str, int] = field(default_factory=dict)


def compare(
    training: DatasetFeatureStatisticsList,
    histories: DatasetFeatureStatisticsList,
    serving: DatasetFeatureStatisticsList,
    thresholds: schema_pb2.Schema,
    min_rows: int,
) -> Skew:
    """Compares the statistics of the train split with those of the rows of a log.

    Train rows have no histories, so the statistics of these are taken from `histories`, those of
    another split. Each feature of `thresholds` has its `skew_comparator`. A feature that fewer than
    `min_rows` rows of the log have is not compared.
    """
    training, serving = with_histories(training, histories), with_history_length(serving)
    counts = {
        _name(each): getattr(each, each.WhichOneof("stats")).common_stats.num_non_missing
        for each in serving.datasets[0].features
    }
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
    return Skew(_comparisons(found, compared), too_few)


def with_histories(
    training: DatasetFeatureStatisticsList, histories: DatasetFeatureStatisticsList
) -> DatasetFeatureStatisticsList:
    """Returns a copy of `training` with the features of histories, and their length."""
    extended = DatasetFeatureStatisticsList()
    extended.CopyFrom(training)
    extended.datasets[0].features.extend(
        feature
        for feature in with_history_length(histories).datasets[0].features
        if _name(feature) in (features.HISTORY_RATINGS, HISTORY_LENGTH)
    )
    return extended


def with_history_length(statistics: DatasetFeatureStatisticsList) -> DatasetFeatureStatisticsList:
    """Returns a copy that has the length of the history as a numeric feature.

    TFDV compares the values of a feature, not how many there are; but its statistics have a
    histogram of that. Rows without a history lack the feature in TFDV; they get length 0.
    """
    extended = DatasetFeatureStatisticsList()
    extended.CopyFrom(statistics)
    (dataset,) = extended.datasets
    common = CommonStatistics()
    for feature in dataset.features:
        if _name(feature) == features.HISTORY_RATINGS:
            common = feature.num_stats.common_stats
    length = dataset.features.add(type=FeatureNameStatistics.INT)
    length.path.step.append(HISTORY_LENGTH)
    length.num_stats.common_stats.num_non_missing = dataset.num_examples
    histogram = length.num_stats.histograms.add(type=Histogram.STANDARD)
    without = dataset.num_examples - common.num_non_missing
    if without:
        histogram.buckets.add(low_value=0.0, high_value=0.0, sample_count=without)
    histogram.buckets.extend(common.num_values_histogram.buckets)
    return extended


def _name(feature: FeatureNameStatistics) -> str:
    """Returns the name of a feature; TFDV keeps it in one of two fields."""
    return feature.name or ".".join(feature.path.step)


def _typed(
    compared: Sequence[schema_pb2.Feature], training: DatasetFeatureStatisticsList
) -> schema_pb2.Schema:
    """Returns a schema of the features with their types; without types TFDV compares nothing."""
    types = {_name(each): _TYPES[each.type] for each in training.datasets[0].features}
    schema = schema_pb2.Schema(feature=compared)
    for feature in schema.feature:
        feature.type = types.get(feature.name, schema_pb2.TYPE_UNKNOWN)
    return schema


def _comparisons(
    found: anomalies_pb2.Anomalies, compared: Sequence[schema_pb2.Feature]
) -> anomalies_pb2.Anomalies:
    """Keeps the anomalies of comparisons, and adds one for each feature that training lacks."""
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
