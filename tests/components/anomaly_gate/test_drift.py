"""TFX's DistributionValidator and the gate behind it, on statistics of small examples."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

# First, because it stands in for a module that TFDV misses in this tfx-bsl.
import tfx  # noqa: F401  # isort: skip

from tensorflow_data_validation.statistics import stats_impl
from tfx.components.distribution_validator import executor as distribution_validator
from tfx.types import standard_artifacts

from components.anomaly_gate.anomalies import DataAnomaliesError
from components.anomaly_gate.executor import Executor
from pipeline.config.distances import DriftConfig
from pipeline.nodes import found_by
from pipeline.nodes.comparing import drift_comparators

Gate = Callable[..., str]
HALF_WAR = [[b"War"], [b"Drama"]] * 50
ALL_WAR = [[b"War"]] * 100


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """Compares genres, with those before where there were any; returns what was found."""

    def statistics(genres: list[list[bytes]], name: str) -> Any:
        artifact = standard_artifacts.ExampleStatistics()
        artifact.uri, artifact.split_names = str(tmp_path / name), '["train"]'
        (tmp_path / name / "Split-train").mkdir(parents=True)
        batch = pa.RecordBatch.from_arrays([pa.array(genres)], ["genres"])
        described = stats_impl.generate_statistics_in_memory(batch)
        file = tmp_path / name / "Split-train" / "FeatureStats.pb"
        file.write_bytes(described.SerializeToString())
        return artifact

    def run(config: DriftConfig, now: list[Any], before: list[Any] | None) -> str:
        anomalies = standard_artifacts.ExampleAnomalies()
        anomalies.uri = str(tmp_path / "anomalies")
        inputs = {
            "statistics": [statistics(now, "now")],
            "baseline_statistics": [statistics(before, "before")] if before else [],
        }
        distribution_validator.Executor().Do(
            inputs,
            {"anomalies": [anomalies]},
            {"distribution_validator_config": drift_comparators(config)},
        )
        notes = standard_artifacts.String()
        notes.uri = str(tmp_path / "notes")
        Executor().Do(
            {"anomalies": [anomalies]},
            {"notes": [notes]},
            {"tolerated": "{}", "remedy": "Raise the threshold"},
        )
        assert json.loads(Path(notes.uri).read_text("utf-8")) == []
        return found_by("DistributionValidator", {"anomalies": [anomalies]})

    return run


def test_drift_is_told_with_measure_and_threshold(gate: Gate) -> None:
    """War goes from a half to all: the largest difference of a share is a half."""
    with pytest.raises(
        DataAnomaliesError,
        match=r"`genres` of split train_train: expected much the same as before. Received: .*"
        r"Linfty distance .* is 0\.5.*above the threshold 0\.1.*\. Raise the threshold$",
    ):
        gate(DriftConfig(l_infinity={"genres": 0.1}), ALL_WAR, HALF_WAR)


def test_a_small_change_passes(gate: Gate) -> None:
    found = gate(DriftConfig(l_infinity={"genres": 0.6}), ALL_WAR, HALF_WAR)
    assert found == "genres L-infinity 0.5000 (at most 0.6)"


def test_the_first_span_passes(gate: Gate) -> None:
    found = gate(DriftConfig(l_infinity={"genres": 0.1}), ALL_WAR, None)
    assert found == "nothing earlier to compare with"


def test_data_that_shrank_are_told(gate: Gate) -> None:
    with pytest.raises(
        DataAnomaliesError, match="the data set of split train_train: expected much"
    ):
        gate(DriftConfig(min_growth=0.5), ALL_WAR[:20], ALL_WAR)
