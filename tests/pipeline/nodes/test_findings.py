import json
from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.serving_validator.report import REPORT_FILE, CanaryReport, Finding
from pipeline.nodes import found_by
from pipeline.nodes.judging import canary_refusals


def tuner_results(folder: Path, *trials: dict[str, Any], objective: str = "mse") -> dict[str, Any]:
    """The output of a Tuner that has tried these, best first."""
    artifact = standard_artifacts.TunerResults()
    artifact.uri = str(folder)
    records = [{"model": "mf_dnn", "objective": objective} | trial for trial in trials]
    (folder / "tuner_results.json").write_text(json.dumps(records))
    return {"tuner_results": [artifact]}


CONFIGURED = {"trial_id": "00", "score": 0.84, "learning_rate": 0.001, "hidden_units": "[64]"}


def test_the_tuner_says_what_is_better_and_by_how_much(tmp_path: Path) -> None:
    better = {"trial_id": "07", "score": 0.83124, "learning_rate": 0.0012345}
    worse = {"trial_id": "03", "score": 0.9, "learning_rate": 1.0}
    trials = [CONFIGURED | better, CONFIGURED, CONFIGURED | worse]
    assert found_by("Tuner", tuner_results(tmp_path, *trials)) == (
        "best of 3 trials: eval RMSE 0.8312, 0.8400 with the configured values; "
        "learning_rate 0.001234"
    )


def test_the_tuner_says_that_nothing_was_better(tmp_path: Path) -> None:
    worse = CONFIGURED | {"trial_id": "01", "score": 0.9, "hidden_units": "[128]"}
    assert found_by("Tuner", tuner_results(tmp_path, CONFIGURED, worse)) == (
        "best of 2 trials: eval RMSE 0.8400, with the configured values"
    )


@pytest.mark.parametrize(
    ("objective", "error"),
    [("mse", "RMSE"), ("ordinal", "RMSE"), ("cross_entropy", "log loss")],
)
def test_the_error_is_that_of_the_objective(tmp_path: Path, objective: str, error: str) -> None:
    outputs = tuner_results(tmp_path, CONFIGURED, objective=objective)
    assert f"eval {error} 0.8400" in found_by("Tuner", outputs)


def test_the_trainer_says_which_epoch_was_best(tmp_path: Path) -> None:
    artifact = standard_artifacts.ModelRun()
    artifact.uri = str(tmp_path)
    report = {"epochs": 12, "best_epoch": 9, "eval_rmse": 0.83104}
    (tmp_path / "training.json").write_text(json.dumps(report))
    found = found_by("Trainer", {"model_run": [artifact]})
    assert found == "best epoch 9 of 12, eval RMSE 0.8310"


def ingest_report(folder: Path, **found: Any) -> dict[str, Any]:
    """The output of an ExampleGen that has read seven ratings."""
    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder)
    report = {
        "ratings": 7,
        "users": 2,
        "movies": 3,
        "bad_rows": 0,
        "superseded_ratings": 0,
        "titles_not_utf8": {},
        "splits": {"train": 4, "eval": 1, "test": 2},
    }
    (folder / "report.json").write_text(json.dumps(report | found))
    return {"ingest_report": [artifact]}


@pytest.mark.parametrize(
    ("found", "end"),
    [
        ({}, "0 bad rows"),
        ({"superseded_ratings": 1200}, "0 bad rows, 1,200 ratings superseded by later ones"),
        (
            {"titles_not_utf8": {"movies.csv": {"titles": 4, "read_as": "cp949", "title": "x"}}},
            "0 bad rows, 4 titles of movies.csv not UTF-8 and read as cp949, such as 'x'",
        ),
    ],
)
def test_the_ingest_says_what_it_left_out_or_assumed(
    tmp_path: Path, found: dict[str, Any], end: str
) -> None:
    assert found_by("MovieLensExampleGen", ingest_report(tmp_path, **found)) == (
        f"7 ratings (4 train, 1 eval, 2 test), 2 users, 3 movies, {end}"
    )


@pytest.mark.parametrize(
    ("properties", "line"),
    [
        ({"pushed": 0}, "not pushed"),
        ({"pushed": 1, "pushed_version": "12"}, "version 12"),
        (
            {"pushed": 1, "pushed_version": "12", "ignored": "8, 99999999999999999999"},
            "version 12, ignored what no server can serve: 8, 99999999999999999999",
        ),
    ],
)
def test_the_pusher_says_which_version_and_what_it_ignored(
    properties: dict[str, Any], line: str
) -> None:
    pushed = standard_artifacts.PushedModel()
    for name, value in properties.items():
        if isinstance(value, int):
            pushed.set_int_custom_property(name, value)
        else:
            pushed.set_string_custom_property(name, value)
    assert found_by("Pusher", {"pushed_model": [pushed]}) == line


def test_there_is_nothing_to_say_of_an_unknown_node() -> None:
    assert found_by("Other", {}) == ""


REFUSED = CanaryReport(
    findings=(
        Finding(subject="rate of user 1", expected="a finite number", received="nan"),
        Finding(subject="the model", expected="a signature embed", received="rate"),
    )
)


def blessing(folder: Path, *, blessed: bool, report: CanaryReport | None = None) -> dict[str, Any]:
    """The output of a canary, or of TFX's own validator where there is no report."""
    artifact = standard_artifacts.InfraBlessing()
    artifact.uri = str(folder)
    artifact.set_int_custom_property("blessed", int(blessed))
    if report is not None:
        (folder / REPORT_FILE).write_text(report.model_dump_json())
    return {"blessing": [artifact]}


def test_the_canary_says_what_it_measured(tmp_path: Path) -> None:
    report = CanaryReport(requests=205, p99_ms=12.34, memory_mb=512)
    outputs = blessing(tmp_path, blessed=True, report=report)
    assert found_by("ServingValidator", outputs) == (
        "blessed, 205 requests answered as offline, p99 12.3 ms, 512 MB"
    )
    assert canary_refusals(outputs) == []


def test_the_canary_says_what_it_found_first_and_the_summary_all(tmp_path: Path) -> None:
    outputs = blessing(tmp_path, blessed=False, report=REFUSED)
    first = "rate of user 1: expected a finite number. Received: nan"
    assert found_by("ServingValidator", outputs) == f"NOT BLESSED, {first}"
    assert canary_refusals(outputs) == [
        first,
        "the model: expected a signature embed. Received: rate",
    ]


def test_tfx_s_own_validator_says_whether_it_blessed(tmp_path: Path) -> None:
    assert found_by("InfraValidator", blessing(tmp_path, blessed=True)) == "blessed"
    (refusal,) = canary_refusals(blessing(tmp_path, blessed=False))
    assert refusal == "the model server did not load the model or did not answer; the log says why"


def test_a_baseline_that_was_left_out_is_named() -> None:
    gone = standard_artifacts.ModelBlessing()
    gone.set_string_custom_property("current_model", "/output/pipeline_root/Trainer/model/7")
    outputs = {"model": [], "left_out": [gone]}
    assert found_by("BaselineResolver", outputs) == (
        "no earlier blessed model; left out, for its files are gone: "
        "/output/pipeline_root/Trainer/model/7"
    )


def test_a_pushed_version_that_was_left_out_is_named() -> None:
    absent = standard_artifacts.Model()
    absent.set_int_custom_property("absent", 1)
    absent.set_string_custom_property("left_out", "/output/serving_model/movielens/10")
    assert found_by("BaselineResolver", {"model": [absent]}) == (
        "no earlier blessed model; left out, for its files are gone: "
        "/output/serving_model/movielens/10"
    )


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            {"popularity": {"users": 671, "coverage": 0.1234, "long_tail_share": 0.05}},
            "lists of 671 users, 12.3% of the catalogue, 5.0% long tail",
        ),
        ({"problem": "ValueError: no"}, "NO LISTS for the report: ValueError: no"),
    ],
)
def test_the_report_says_whom_it_made_lists_for(
    tmp_path: Path, found: dict[str, Any], line: str
) -> None:
    recommended = standard_artifacts.String()
    recommended.uri = str(tmp_path / "value")
    recommended.write(json.dumps(found))
    assert found_by("RunReport", {"recommended": [recommended]}) == line
