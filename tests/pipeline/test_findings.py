import json
from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from pipeline.findings import describe_findings


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
    assert describe_findings("Tuner", tuner_results(tmp_path, *trials)) == (
        "best of 3 trials: eval RMSE 0.8312, 0.8400 with the configured values; "
        "learning_rate 0.001234"
    )


def test_the_tuner_says_that_nothing_was_better(tmp_path: Path) -> None:
    worse = CONFIGURED | {"trial_id": "01", "score": 0.9, "hidden_units": "[128]"}
    assert describe_findings("Tuner", tuner_results(tmp_path, CONFIGURED, worse)) == (
        "best of 2 trials: eval RMSE 0.8400, with the configured values"
    )


@pytest.mark.parametrize(
    ("objective", "error"),
    [("mse", "RMSE"), ("ordinal", "RMSE"), ("cross_entropy", "log loss")],
)
def test_the_error_is_that_of_the_objective(tmp_path: Path, objective: str, error: str) -> None:
    outputs = tuner_results(tmp_path, CONFIGURED, objective=objective)
    assert f"eval {error} 0.8400" in describe_findings("Tuner", outputs)


def test_there_is_nothing_to_say_of_an_unknown_node() -> None:
    assert describe_findings("Other", {}) == ""
