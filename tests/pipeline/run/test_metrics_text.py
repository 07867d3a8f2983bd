from collections.abc import Mapping
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from components.anomaly_gate.anomalies import Distance
from pipeline.run.metrics_text import metrics_text
from pipeline.run.record import Node, Run
from tests.support.run_records import a_run

NOON = "2026-11-28T12:00:00+00:00"
NOON_SECONDS = 1795867200.0


def values(run: Run, *earlier: Mapping[str, Any]) -> dict[tuple[str, ...], float]:
    """Values by the metric's name without its prefix, and its label values but the pipeline's."""
    text = metrics_text(run, [*earlier, run.to_outcome()]).decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            assert sample.labels.pop("pipeline") == "movielens"
            name = sample.name.removeprefix("movielens_")
            found[name, *sample.labels.values()] = sample.value
    return found


def ended(time: str, status: str, version: int | None) -> dict[str, Any]:
    return {"time": time, "status": status, "pushed_version": version}


def test_a_run_s_record_becomes_numbers() -> None:
    run = a_run(
        time=NOON,
        nodes=[
            Node(id="Transform", state="cached", seconds=0.5, why=""),
            Node(id="Trainer", state="failed", seconds=75.5, why="no memory"),
            Node(id="Pusher", state="skipped", why="Trainer failed"),
        ],
        dataset={"ratings": 100004, "bad_rows": 3},
        metrics={"rmse": 0.88},
        drift=[Distance(feature="genres", measure="L-infinity", value=0.01, threshold=0.05)],
        skew=[Distance(feature="genres", measure="L-infinity", value=0.25, threshold=0.5)],
    )
    assert values(run) == {
        ("run_timestamp_seconds",): NOON_SECONDS,
        ("run_duration_seconds",): 12.34567,
        ("run_status", "succeeded"): 1,
        ("run_status", "not_blessed"): 0,
        ("run_status", "failed"): 0,
        ("run_status", "interrupted"): 0,
        ("last_success_timestamp_seconds",): NOON_SECONDS,
        ("pushed_version",): 1732,
        ("pushed_timestamp_seconds",): NOON_SECONDS,
        ("node_duration_seconds", "Transform"): 0.5,
        ("node_duration_seconds", "Trainer"): 75.5,
        ("dataset_ratings",): 100004,
        ("dataset_bad_rows",): 3,
        ("test_metric", "rmse"): 0.88,
        ("drift_distance", "genres", "L-infinity"): 0.01,
        ("drift_threshold", "genres", "L-infinity"): 0.05,
        ("skew_distance", "genres", "L-infinity"): 0.25,
        ("skew_threshold", "genres", "L-infinity"): 0.5,
    }


def test_a_failed_run_keeps_the_last_success_and_the_newest_push() -> None:
    failed = a_run(time=NOON, status="failed", pushed_version=None, metrics={})
    found = values(
        failed,
        ended("2026-11-28T10:00:00+00:00", "succeeded", 1731),
        ended("2026-11-28T11:00:00+00:00", "not_blessed", None),
    )
    assert found["run_status", "failed"] == 1
    assert found["last_success_timestamp_seconds",] == NOON_SECONDS - 7200
    assert found["pushed_version",] == 1731
    assert found["pushed_timestamp_seconds",] == NOON_SECONDS - 7200


def test_a_run_that_pushed_nothing_new_makes_the_version_no_younger() -> None:
    found = values(
        a_run(time=NOON, pushed_version=1732),
        ended("2026-11-26T12:00:00+00:00", "succeeded", 1731),
        ended("2026-11-27T12:00:00+00:00", "succeeded", 1732),
    )
    assert found["last_success_timestamp_seconds",] == NOON_SECONDS
    assert found["pushed_timestamp_seconds",] == NOON_SECONDS - 24 * 3600


def test_before_the_first_push_its_time_and_version_are_0() -> None:
    found = values(a_run(time=NOON, status="failed", pushed_version=None))
    assert found["last_success_timestamp_seconds",] == 0
    assert found["pushed_version",] == 0
    assert found["pushed_timestamp_seconds",] == 0


def test_there_are_no_time_stamps_because_node_exporter_refuses_them() -> None:
    lines = metrics_text(a_run(), []).decode().splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    assert samples
    assert all(len(line.split("} ")[1].split()) == 1 for line in samples)
