"""Ratings come in and are checked."""

from pathlib import Path
from typing import Final

import tfx.components
import tfx.types
from tfx.components.distribution_validator.component import DistributionValidator
from tfx.dsl.components.common.resolver import Resolver
from tfx.proto.range_config_pb2 import RangeConfig

from components.anomaly_gate.component import AnomalyGate
from components.baseline_resolver.statistics_strategy import EarlierStatisticsStrategy
from components.curated_schema.component import CuratedSchema
from components.movielens_example_gen.component import MovieLensExampleGen
from components.movielens_example_gen.driver import last_spans, spans
from components.serving_log_gen.component import ServingLogGen
from components.skew_validator.component import SkewValidator
from pipeline.config import PipelineConfig
from pipeline.config.distances import DriftConfig
from pipeline.config.general import DataConfig
from pipeline.fingerprint import fingerprint
from pipeline.nodes.comparators import categorical_ids, drift_comparators, skew_thresholds
from transform_module import features

SCHEMA_FILE: Final = Path(__file__).parents[1] / "schema" / "schema.pbtxt"
INGEST_MODULE: Final = "components.movielens_example_gen.component"
SERVING_LOG_MODULE: Final = "components.serving_log_gen.component"
SKEW_MODULE: Final = "components.skew_validator.component"

# A new genre is news, not a fault: its movies train with the genres that the list knows.
TOLERATED_ANOMALIES: Final = {features.GENRES: ("ENUM_TYPE_UNEXPECTED_STRING_VALUES",)}


def ingest(config: PipelineConfig) -> MovieLensExampleGen:
    """Reads the ratings, splits them and gives each the history that came before it."""
    return MovieLensExampleGen(
        str(config.input_base),
        config=config.ingest,
        reading=config.data.reading,
        quarantine_dir=str(config.output / "quarantine"),
        range_config=_spans(config.data),
        code_fingerprint=fingerprint(INGEST_MODULE),
    )


def _spans(data: DataConfig) -> RangeConfig | None:
    """The spans to read; None leaves the newest to TFX, or where there are no spans."""
    if data.span is not None:
        return spans(data.span - data.window + 1, data.span)
    return last_spans(data.window) if data.window > 1 else None


def validate(
    config: PipelineConfig,
    examples: tfx.types.BaseChannel,
) -> tuple[
    tfx.components.StatisticsGen, CuratedSchema, tfx.components.ExampleValidator, AnomalyGate
]:
    """Statistics against the curated schema; anomalies stop the run."""
    # The catalogue has no ratings: to the schema it would be nothing but missing features.
    statistics_gen = tfx.components.StatisticsGen(
        examples=examples,
        exclude_splits=[features.SPLIT_CATALOGUE],
        stats_options=categorical_ids() if config.skew.enabled else None,
    )
    schema_gen = CuratedSchema(SCHEMA_FILE)
    example_validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema_gen.outputs["schema"]
    )
    gate = AnomalyGate(
        example_validator.outputs["anomalies"],
        tolerated=TOLERATED_ANOMALIES,
        remedy="Mend the data, or the schema where the data are right",
    )
    return statistics_gen, schema_gen, example_validator, gate


def compare(
    config: DriftConfig, statistics_gen: tfx.components.StatisticsGen
) -> tuple[Resolver, DistributionValidator, AnomalyGate]:
    """Statistics against those of the span before; drift stops the run."""
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
    gate: AnomalyGate = AnomalyGate(
        validator.outputs["anomalies"],
        tolerated={},
        remedy="See what changed in the data; where the change is right, raise its threshold in "
        "the section [drift]",
    ).with_id("DriftGate")
    return earlier, validator, gate


def compare_with_serving(
    config: PipelineConfig,
    examples: tfx.types.BaseChannel,
    statistics_gen: tfx.components.StatisticsGen,
) -> tuple[ServingLogGen, tfx.components.StatisticsGen, SkewValidator, AnomalyGate]:
    """Statistics against those of what a server has logged; skew stops the run."""
    served = ServingLogGen(
        examples,
        serving_log=config.skew.log_pattern,
        model_name=config.pipeline.name,
        code_fingerprint=fingerprint(SERVING_LOG_MODULE),
    )
    statistics = tfx.components.StatisticsGen(
        examples=served.outputs["examples"], stats_options=categorical_ids()
    ).with_id("ServingStatistics")
    validator = SkewValidator(
        statistics_gen.outputs["statistics"],
        statistics.outputs["statistics"],
        thresholds=skew_thresholds(config.skew),
        min_rows=config.skew.min_rows,
        code_fingerprint=fingerprint(SKEW_MODULE),
    )
    gate: AnomalyGate = AnomalyGate(
        validator.outputs["anomalies"],
        tolerated={},
        remedy="See what the callers send, or train on data like theirs; where the difference is "
        "right, raise its threshold in the section [skew]",
    ).with_id("SkewGate")
    return served, statistics, validator, gate
