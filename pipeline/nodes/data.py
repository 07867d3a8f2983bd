"""Ratings come in and are checked."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import tfx.components
import tfx.types
from tfx.proto.range_config_pb2 import RangeConfig
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.anomaly_gate.component import AnomalyGate
from components.curated_schema.component import CuratedSchema
from components.movielens_example_gen.component import MovieLensExampleGen
from components.movielens_example_gen.driver import last_spans, spans
from components.movielens_example_gen.report import read_report
from components.statistics_gen.component import StatisticsGen
from components.statistics_gen.executor import read_sample_rates
from pipeline.config import PipelineConfig
from pipeline.config.general import DataConfig
from pipeline.fingerprint import fingerprint
from pipeline.nodes.comparing import SERVING_STATISTICS, STATISTICS_MODULE, categorical_ids
from pipeline.nodes.findings import Outputs, says, sole_uri
from transform_module import features

INGEST: Final = "MovieLensExampleGen"
SCHEMA_FILE: Final = Path(__file__).parents[1] / "schema" / "schema.pbtxt"
INGEST_MODULE: Final = "components.movielens_example_gen.component"

# A new genre is not a fault: its movies train with the genres that are known.
TOLERATED_ANOMALIES: Final = {features.GENRES: ("ENUM_TYPE_UNEXPECTED_STRING_VALUES",)}
_DATASET_COUNTS: Final = ("ratings", "users", "movies", "bad_rows")


class Validation(NamedTuple):
    """The nodes that check the ratings."""

    statistics: StatisticsGen
    schema: CuratedSchema
    validator: tfx.components.ExampleValidator
    gate: AnomalyGate


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


def dataset_counts(outputs: Outputs) -> Mapping[str, int] | None:
    """Counts what was ingested; None if the ExampleGen left no outputs."""
    if not outputs:
        return None
    report = read_report(sole_uri(outputs, "ingest_report"))
    return {name: int(report[name]) for name in _DATASET_COUNTS}


@says(INGEST)
def _ingested(outputs: Outputs) -> str:
    report = read_report(sole_uri(outputs, "ingest_report"))
    splits = ", ".join(f"{report['splits'][name]:,} {name}" for name in features.RATING_SPLITS)
    found = (
        f"{report['ratings']:,} ratings ({splits}), {report['users']:,} users, "
        f"{report['movies']:,} movies, {report['bad_rows']:,} bad rows"
    )
    if superseded := report["superseded_ratings"]:
        found += f", {superseded:,} ratings superseded by later ones"
    for file, titles in report["titles_not_utf8"].items():
        found += (
            f", {titles['titles']:,} titles of {file} not UTF-8 and read as {titles['read_as']}, "
            f"such as {titles['title']!r}"
        )
    return found


def validate(config: PipelineConfig, examples: tfx.types.BaseChannel) -> Validation:
    """Compares statistics with the curated schema; anomalies stop the run."""
    # The catalogue has no ratings; the schema would see only missing features.
    statistics = StatisticsGen(
        examples,
        exclude_splits=json.dumps([features.SPLIT_CATALOGUE]),
        stats_options_json=categorical_ids() if config.skew.enabled else "",
        max_rows=0 if config.drift.compares_counts else config.data.statistics_rows,
        code_fingerprint=fingerprint(STATISTICS_MODULE),
    )
    schema = CuratedSchema(SCHEMA_FILE)
    validator = tfx.components.ExampleValidator(
        statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]
    )
    gate = AnomalyGate(
        validator.outputs["anomalies"],
        tolerated=json.dumps(TOLERATED_ANOMALIES),
        remedy="Mend the data, or the schema where the data are right",
    )
    return Validation(statistics, schema, validator, gate)


@says("StatisticsGen", SERVING_STATISTICS)
def _statistics(outputs: Outputs) -> str:
    (statistics,) = outputs["statistics"]
    rates = read_sample_rates(statistics)
    return "splits " + ", ".join(
        split if rates[split] == 1 else f"{split} (a sample of {rates[split]:.1%})"
        for split in artifact_utils.decode_split_names(statistics.split_names)
    )


@says("CuratedSchema")
def _schema(outputs: Outputs) -> str:
    schema = io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(sole_uri(outputs, "schema")))
    return f"{len(schema.feature)} raw features"


@says("ExampleValidator")
def _anomalies(outputs: Outputs) -> str:
    (anomalies,) = outputs["anomalies"]
    clean = anomalies.get_json_value_custom_property("blessed") or {}
    bad = sorted(split for split, is_clean in clean.items() if not is_clean)
    return f"differs from the schema: {', '.join(bad)}" if bad else "as the schema says"


def _spans(data: DataConfig) -> RangeConfig | None:
    """Returns the spans to read; None if there are no spans or TFX is to take the newest."""
    if data.span is not None:
        return spans(data.span - data.window + 1, data.span)
    return last_spans(data.window) if data.window > 1 else None
