"""The thresholds of `[drift]` and `[skew]` as TFX and TFDV take them."""

from collections.abc import Iterator
from typing import Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.proto import distribution_validator_pb2

from pipeline.config.distances import DriftConfig, SkewConfig
from transform_module import features


def drift_comparators(config: DriftConfig) -> Any:
    """Returns the thresholds as a DistributionValidatorConfig."""
    comparators = distribution_validator_pb2.DistributionValidatorConfig()
    whole = comparators.default_slice_config
    for name, comparator in _comparators(config):
        whole.feature.add(path={"step": [name]}, distribution_comparator=comparator)
    if config.min_growth is not None:
        whole.num_examples_comparator.min_fraction_threshold = config.min_growth
    if config.max_growth is not None:
        whole.num_examples_comparator.max_fraction_threshold = config.max_growth
    return comparators


def skew_thresholds(config: SkewConfig) -> str:
    """Returns the thresholds as a Schema with skew comparators, in protobuf's text format."""
    thresholds = schema_pb2.Schema()
    for name, comparator in _comparators(config):
        thresholds.feature.add(name=name, skew_comparator=comparator)
    text: str = text_format.MessageToString(thresholds)
    return text


def categorical_ids() -> Any:
    """Returns options of TFDV's statistics that count movie ids as categories, not as numbers."""
    import tensorflow_data_validation as tfdv  # after tfx, which stands in for a module it misses

    schema = schema_pb2.Schema()
    movie_id = schema.feature.add(name=features.MOVIE_ID, type=schema_pb2.INT)
    movie_id.int_domain.is_categorical = True
    return tfdv.StatsOptions(schema=schema)


def _comparators(config: DriftConfig | SkewConfig) -> Iterator[tuple[str, Any]]:
    """Yields each feature that has a threshold, with its FeatureComparator."""
    for name, threshold in sorted(config.l_infinity.items()):
        norm = schema_pb2.InfinityNorm(threshold=threshold)
        yield name, schema_pb2.FeatureComparator(infinity_norm=norm)
    for name, threshold in sorted(config.jensen_shannon.items()):
        divergence = schema_pb2.JensenShannonDivergence(threshold=threshold)
        yield name, schema_pb2.FeatureComparator(jensen_shannon_divergence=divergence)
