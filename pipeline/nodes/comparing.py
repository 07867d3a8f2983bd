"""Statistics are compared with those of the span before (drift) and of serving (skew)."""

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

import tfx.types
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.distribution_validator.component import DistributionValidator
from tfx.dsl.components.common.resolver import Resolver
from tfx.proto import distribution_validator_pb2
from tfx.types import artifact_utils

from components.anomaly_gate.anomalies import Distance, read_distances
from components.anomaly_gate.component import AnomalyGate
from components.anomaly_gate.executor import load_anomalies
from components.baseline_resolver.strategies import EarlierStatisticsStrategy
from components.serving_log_gen.component import ServingLogGen
from components.serving_log_gen.executor import read_counts
from components.serving_log_gen.transforms import ROWS
from components.skew_validator.component import SkewValidator
from components.skew_validator.executor import read_too_few
from components.statistics_gen.component import StatisticsGen
from pipeline.config import PipelineConfig
from pipeline.config.distances import DriftConfig, SkewConfig
from pipeline.fingerprint import fingerprint
from pipeline.nodes.findings import Outputs, says
from transform_module import features

DRIFT_VALIDATOR: Final = "DistributionValidator"
SKEW_VALIDATOR: Final = "SkewValidator"
DRIFT_GATE: Final = "DriftGate"
SKEW_GATE: Final = "SkewGate"
SERVING_STATISTICS: Final = "ServingStatistics"
SERVING_LOG_MODULE: Final = "components.serving_log_gen.component"
SKEW_MODULE: Final = "components.skew_validator.component"
STATISTICS_MODULE: Final = "components.statistics_gen.component"


class DriftNodes(NamedTuple):
    """The nodes that compare with the span before."""

    earlier: Resolver
    validator: DistributionValidator
    gate: AnomalyGate


class SkewNodes(NamedTuple):
    """The nodes that compare with what clients have logged."""

    served: ServingLogGen
    statistics: StatisticsGen
    validator: SkewValidator
    gate: AnomalyGate


def compare_with_earlier(config: DriftConfig, statistics_gen: StatisticsGen) -> DriftNodes:
    """Compares statistics with those of the span before; drift stops the run."""
    statistics = statistics_gen.outputs["statistics"]
    earlier = Resolver(
        strategy_class=EarlierStatisticsStrategy,
        statistics=tfx.types.Channel(type=tfx.types.standard_artifacts.ExampleStatistics),
        candidate=statistics,
    ).with_id("EarlierStatistics")
    validator = DistributionValidator(
        statistics=statistics,
        baseline_statistics=earlier.outputs["statistics"].as_optional(),  # a first span has none
        config=drift_comparators(config),
        include_split_pairs=[(features.SPLIT_TRAIN, features.SPLIT_TRAIN)],
    )
    gate = AnomalyGate(
        validator.outputs["anomalies"],
        tolerated="{}",
        remedy="See what changed in the data; where the change is right, raise its threshold in "
        "the section [drift]",
    ).with_id(DRIFT_GATE)
    return DriftNodes(earlier, validator, gate)


@says(DRIFT_VALIDATOR)
def _drift(outputs: Outputs) -> str:
    return ", ".join(map(str, distances(outputs))) or "nothing earlier to compare with"


def compare_with_serving(
    config: PipelineConfig,
    examples: tfx.types.BaseChannel,
    statistics_gen: StatisticsGen,
) -> SkewNodes:
    """Compares statistics with those of what clients have logged; skew stops the run."""
    served = ServingLogGen(
        examples,
        serving_log=config.skew.log_pattern,
        model_name=config.pipeline.name,
        code_fingerprint=fingerprint(SERVING_LOG_MODULE),
    )
    statistics = StatisticsGen(
        served.outputs["examples"],
        exclude_splits="[]",
        stats_options_json=categorical_ids(),
        max_rows=config.data.statistics_rows,
        code_fingerprint=fingerprint(STATISTICS_MODULE),
    ).with_id(SERVING_STATISTICS)
    validator = SkewValidator(
        statistics_gen.outputs["statistics"],
        statistics.outputs["statistics"],
        thresholds=skew_thresholds(config.skew),
        min_rows=config.skew.min_rows,
        code_fingerprint=fingerprint(SKEW_MODULE),
    )
    gate = AnomalyGate(
        validator.outputs["anomalies"],
        tolerated="{}",
        remedy="See what the callers send, or train on data like theirs; where the difference is "
        "right, raise its threshold in the section [skew]",
    ).with_id(SKEW_GATE)
    return SkewNodes(served, statistics, validator, gate)


@says("ServingLogGen")
def _serving_log(outputs: Outputs) -> str:
    (examples,) = outputs["examples"]
    counts = read_counts(examples)
    rows = counts.pop(ROWS)
    requests = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items()))
    return f"{rows:,} rows of requests: {requests or 'none'}"


@says(SKEW_VALIDATOR)
def _skew(outputs: Outputs) -> str:
    (artifact,) = outputs["anomalies"]
    found = [str(each) for each in distances(outputs)]
    found += [
        f"{feature} not compared, {count:,} rows are too few"
        for feature, count in sorted(read_too_few(artifact).items())
    ]
    return ", ".join(found)


@says("AnomalyGate", DRIFT_GATE, SKEW_GATE)
def _gate(outputs: Outputs) -> str:
    (artifact,) = outputs["notes"]
    notes: list[dict[str, str]] = json.loads(artifact.read())
    if not notes:
        return "nothing noted"
    noted = dict.fromkeys(f"{note['feature']}: {note['received']}" for note in notes)
    return f"noted, not stopped: {'; '.join(noted)}"


def distances(outputs: Outputs) -> list[Distance]:
    """Returns what a validator measured; nothing if it left no outputs."""
    return [
        distance
        for artifact in outputs.get("anomalies", ())
        for split in artifact_utils.decode_split_names(artifact.split_names)
        for distance in read_distances(load_anomalies(artifact, split))
    ]


def drift_comparators(
    config: DriftConfig,
) -> distribution_validator_pb2.DistributionValidatorConfig:
    """Returns the thresholds of `[drift]` as TFX takes them."""
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
    """Returns the thresholds of `[skew]` as a Schema with skew comparators, in text format."""
    thresholds = schema_pb2.Schema()
    for name, comparator in _comparators(config):
        thresholds.feature.add(name=name, skew_comparator=comparator)
    text: str = text_format.MessageToString(thresholds)
    return text


def categorical_ids() -> str:
    """Returns TFDV's options that count movie ids as categories, not as numbers, in JSON."""
    import tensorflow_data_validation as tfdv  # after tfx, which replaces a module it lacks

    schema = schema_pb2.Schema()
    movie_id = schema.feature.add(name=features.MOVIE_ID, type=schema_pb2.INT)
    movie_id.int_domain.is_categorical = True
    options: str = tfdv.StatsOptions(schema=schema).to_json()
    return options


def _comparators(
    config: DriftConfig | SkewConfig,
) -> Iterator[tuple[str, schema_pb2.FeatureComparator]]:
    for name, threshold in sorted(config.l_infinity.items()):
        norm = schema_pb2.InfinityNorm(threshold=threshold)
        yield name, schema_pb2.FeatureComparator(infinity_norm=norm)
    for name, threshold in sorted(config.jensen_shannon.items()):
        divergence = schema_pb2.JensenShannonDivergence(threshold=threshold)
        yield name, schema_pb2.FeatureComparator(jensen_shannon_divergence=divergence)
