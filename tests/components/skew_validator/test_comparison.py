"""TFDV's skew on statistics of a few examples, worked out by hand."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

# First, because it stands in for a module that TFDV misses in this tfx-bsl.
import tfx  # noqa: F401  # isort: skip

from google.protobuf import text_format
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_data_validation.statistics.stats_options import StatsOptions
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import standard_artifacts

from components.anomaly_gate.anomalies import read_distances
from components.anomaly_gate.executor import Executor as Gate
from components.skew_validator.comparison import compare, with_history_length
from components.skew_validator.executor import Executor
from pipeline.config.distances import SkewConfig
from pipeline.nodes import found_by
from pipeline.nodes.comparing import categorical_ids, skew_thresholds

RunGate = Callable[..., str]

Columns = Mapping[str, list[Any]]
HALF_WAR: Columns = {"genres": [[b"War"], [b"Drama"]] * 50}
ALL_WAR: Columns = {"genres": [[b"War"]] * 100}


def statistics(columns: Columns) -> Any:
    batch = pa.RecordBatch.from_arrays([pa.array(each) for each in columns.values()], [*columns])
    options = StatsOptions.from_json(categorical_ids())
    return stats_impl.generate_statistics_in_memory(batch, options)


def by_split(trained: Columns) -> tuple[Columns, Columns]:
    """Gives the histories to eval and the rest to train, as the pipeline's splits have them."""
    is_history = {name: name.startswith("history_") for name in trained}
    train = {name: trained[name] for name in trained if not is_history[name]}
    evaluation = {name: trained[name] for name in trained if is_history[name]}
    other: Columns = {"timestamp": [[1]] * 100}
    return train or other, evaluation or other


def measured(trained: Columns, served: Columns, min_rows: int = 1, **thresholds: Any) -> Any:
    schema = text_format.Parse(
        skew_thresholds(SkewConfig(serving_log="/log", **thresholds)), schema_pb2.Schema()
    )
    train, evaluation = by_split(trained)
    return compare(statistics(train), statistics(evaluation), statistics(served), schema, min_rows)


def test_the_share_of_a_genre_is_compared() -> None:
    found = measured(HALF_WAR, ALL_WAR, l_infinity={"genres": 0.6})
    assert [*map(str, read_distances(found.anomalies))] == [
        "genres L-infinity 0.5000 (at most 0.6)"
    ]
    assert not found.anomalies.anomaly_info
    found = measured(HALF_WAR, ALL_WAR, l_infinity={"genres": 0.4})
    assert set(found.anomalies.anomaly_info) == {"genres"}


def test_movies_are_compared_as_names_and_not_as_numbers() -> None:
    """As numbers, 1 and 2 lie in one bucket of a range up to 1000."""
    trained: Columns = {"movie_id": [[1], [1000]] * 50}
    served = {"movie_id": [[2], [1000]] * 50}
    found = measured(trained, served, l_infinity={"movie_id": 0.4})
    told = ["movie_id L-infinity 0.5000 (at most 0.4)"]
    assert [*map(str, read_distances(found.anomalies))] == told


def test_ratings_on_other_sides_of_the_scale_have_nothing_in_common() -> None:
    trained = {"history_ratings": [[1.0, 1.0]] * 100}
    served = {"history_ratings": [[5.0, 5.0]] * 100}
    found = measured(trained, served, jensen_shannon={"history_ratings": 0.9})
    told = ["history_ratings Jensen-Shannon 1.0000 (at most 0.9)"]
    assert [*map(str, read_distances(found.anomalies))] == told


def test_histories_of_another_length_are_told_though_their_ratings_are_the_same() -> None:
    trained = {"history_ratings": [[4.0] * 20] * 100}
    served = {"history_ratings": [[4.0] * 2] * 100}
    both = {"history_ratings": 0.1, "history_length": 0.1}
    found = measured(trained, served, jensen_shannon=both)
    assert set(found.anomalies.anomaly_info) == {"history_length"}


@pytest.mark.parametrize("served", [[None] * 100, [[4.0] * 20] * 50 + [None] * 50])
def test_users_without_a_history_have_one_of_length_0(served: list[Any]) -> None:
    """None of them in training; all or a half of those who ask."""
    columns = {"movie_id": [[1]] * 100, "history_ratings": served}
    if not any(served):
        del columns["history_ratings"]
    extended = with_history_length(statistics(columns))
    (length,) = [f for f in extended.datasets[0].features if f.path.step == ["history_length"]]
    zeros = length.num_stats.histograms[0].buckets[0]
    assert (zeros.low_value, zeros.high_value) == (0.0, 0.0)
    assert zeros.sample_count == served.count(None)
    trained: Columns = {"movie_id": [[1]] * 100, "history_ratings": [[4.0] * 20] * 100}
    found = measured(trained, columns, jensen_shannon={"history_length": 0.1})
    assert set(found.anomalies.anomaly_info) == {"history_length"}


def test_a_feature_of_too_few_rows_is_not_compared() -> None:
    served: Columns = {"genres": [[b"War"]] * 9 + [None] * 91, "movie_id": [[1]] * 100}
    trained = {**HALF_WAR, "movie_id": [[2]] * 100}
    thresholds = {"genres": 0.1, "movie_id": 0.1}
    found = measured(trained, served, 10, l_infinity=thresholds)
    assert found.too_few == {"genres": 9}
    assert set(found.anomalies.anomaly_info) == {"movie_id"}
    assert measured(trained, served, 101, l_infinity=thresholds).too_few == {
        "genres": 9,
        "movie_id": 100,
    }


def test_what_training_does_not_have_is_an_anomaly() -> None:
    found = measured({"movie_id": [[2]] * 100}, ALL_WAR, l_infinity={"genres": 0.1})
    assert set(found.anomalies.anomaly_info) == {"genres"}


@pytest.fixture
def gate(tmp_path: Path) -> RunGate:
    """Validator and gate on artifacts; returns what the run's line says."""

    def artifact(folder: str, **splits: Columns) -> Any:
        made = standard_artifacts.ExampleStatistics()
        made.uri, made.split_names = str(tmp_path / folder), json.dumps([*splits])
        for split, columns in splits.items():
            file = tmp_path / folder / f"Split-{split}" / "FeatureStats.pb"
            file.parent.mkdir(parents=True)
            file.write_bytes(statistics(columns).SerializeToString())
        return made

    def run(trained: Columns, served: Columns, config: SkewConfig) -> str:
        anomalies, notes = standard_artifacts.ExampleAnomalies(), standard_artifacts.String()
        anomalies.uri, notes.uri = str(tmp_path / "anomalies"), str(tmp_path / "notes")
        train, evaluation = by_split(trained)
        inputs = {
            "statistics": [artifact("data", train=train, eval=evaluation)],
            "serving_statistics": [artifact("log", serving=served)],
        }
        properties = {"thresholds": skew_thresholds(config), "min_rows": config.min_rows}
        Executor().Do(inputs, {"anomalies": [anomalies]}, properties)
        remedy = {"tolerated": "{}", "remedy": "Raise the threshold"}
        Gate().Do({"anomalies": [anomalies]}, {"notes": [notes]}, remedy)
        return found_by("SkewValidator", {"anomalies": [anomalies]})

    return run


def test_skew_stops_the_run_with_measure_and_threshold(gate: RunGate) -> None:
    config = SkewConfig(serving_log="/log", min_rows=100, l_infinity={"genres": 0.1})
    message = (
        r"`genres` of split serving: expected much the same as in training. Received: .*"
        r"Linfty distance between training and serving is 0\.5 .*above the threshold 0\.1.*\. "
        r"Raise the threshold$"
    )
    with pytest.raises(ValueError, match=message):
        gate(HALF_WAR, ALL_WAR, config)


def test_a_log_of_too_few_rows_passes_and_is_told(gate: RunGate) -> None:
    config = SkewConfig(serving_log="/log", min_rows=101, l_infinity={"genres": 0.1})
    assert gate(HALF_WAR, ALL_WAR, config) == "genres not compared, 100 rows are too few"
