"""One more feature to compare: how long histories are."""

from tensorflow_metadata.proto.v0 import statistics_pb2

from components.skew_validator.feature_names import HISTORY_LENGTH
from transform_module import features


def with_history_length(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Adds the length of the history as a numeric feature.

    TFDV compares the values of features and not their number, of which its statistics have a
    histogram all the same. Rows without a history, which to TFDV miss the feature, have length 0.
    """
    extended = statistics_pb2.DatasetFeatureStatisticsList()
    extended.CopyFrom(statistics)
    (dataset,) = extended.datasets
    history = next(
        (each for each in dataset.features if feature_name(each) == features.HISTORY_RATINGS), None
    )
    length = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.INT)
    length.path.step.append(HISTORY_LENGTH)
    length.num_stats.common_stats.num_non_missing = dataset.num_examples
    histogram = length.num_stats.histograms.add(type=statistics_pb2.Histogram.STANDARD)
    common = history.num_stats.common_stats if history else statistics_pb2.CommonStatistics()
    without = dataset.num_examples - common.num_non_missing
    if without:
        histogram.buckets.add(low_value=0.0, high_value=0.0, sample_count=without)
    histogram.buckets.extend(common.num_values_histogram.buckets)
    return extended


def feature_name(feature: statistics_pb2.FeatureNameStatistics) -> str:
    """The name of a feature, which TFDV keeps in either of two fields."""
    return feature.name or ".".join(feature.path.step)
