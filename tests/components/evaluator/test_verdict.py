from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_model_analysis.proto import validation_result_pb2
from tensorflow_model_analysis.proto.validation_result_pb2 import ValidationResult

from components.evaluator.results import read_verdict, verdict_of


def result(text: str) -> validation_result_pb2.ValidationResult:
    return text_format.Parse(text, validation_result_pb2.ValidationResult())


def failed(failure: str, slice_key: str = "") -> validation_result_pb2.ValidationResult:
    return result(
        f"metric_validations_per_slice {{ slice_key {{ {slice_key} }} failures {{ {failure} }} }}"
    )


COLD = 'single_slice_keys { column: "user_activity" bytes_value: "cold" }'
AUC_FLOOR = """
metric_key { name: "auc" }
metric_threshold { value_threshold { lower_bound { value: 0.7 } } }
"""
RMSE_CEILING = """
metric_key { name: "rmse" }
metric_threshold { value_threshold { upper_bound { value: 1.0 } } }
"""
RMSE_CHANGE = """
metric_key { name: "rmse" is_diff: true }
metric_threshold { change_threshold { absolute { value: 0.005 } direction: LOWER_IS_BETTER } }
"""


def test_a_passed_validation_is_a_blessing() -> None:
    verdict = verdict_of(result("validation_ok: true"))
    assert verdict.blessed
    assert verdict.failures == ()


@pytest.mark.parametrize(
    ("validation", "sentence"),
    [
        (
            failed(AUC_FLOOR + "metric_value { double_value { value: 0.68123 } }", COLD),
            "auc 0.6812 is below its floor 0.7 on slice user_activity=cold",
        ),
        (
            failed(RMSE_CEILING + "metric_value { double_value { value: 1.25 } }"),
            "rmse 1.25 is above its ceiling 1 overall",
        ),
        (
            failed(RMSE_CHANGE + "metric_value { double_value { value: 0.012 } }"),
            "rmse changed by +0.012 against the last blessed model overall, "
            "where +0.005 is allowed",
        ),
        (
            failed(AUC_FLOOR + 'message: "Metric not found."'),
            "auc could not be measured overall, though it has a floor of 0.7",
        ),
        (
            failed(AUC_FLOOR + "metric_value { double_value { value: nan } }", COLD),
            "auc could not be measured on slice user_activity=cold, though it has a floor of 0.7",
        ),
        (
            failed(RMSE_CHANGE + "metric_value { double_value { value: nan } }"),
            "rmse could not be measured overall, though it has a bound on its change against the "
            "last blessed model of +0.005",
        ),
        (
            result('missing_slices { feature_values { key: "genres" value: "War" } }'),
            "no test rating is on slice genres=War, on which a bound is set; "
            "drop the bound or evaluate on data that has such ratings",
        ),
        (
            result("missing_slices { }"),
            "no test rating is overall, on which a bound is set; "
            "drop the bound or evaluate on data that has such ratings",
        ),
        (
            result("missing_thresholds: true"),
            "no bound was checked, and a model on which nothing is demanded isn't blessed",
        ),
    ],
    ids=[
        "floor",
        "ceiling",
        "change",
        "absent",
        "nan",
        "nan change",
        "slice",
        "no rows",
        "no bounds",
    ],
)
def test_a_failure_reads_as_a_sentence(validation: ValidationResult, sentence: str) -> None:
    verdict = verdict_of(validation)
    assert not verdict.blessed
    assert verdict.failures == (sentence,)


def test_every_failure_is_told() -> None:
    validation = failed(AUC_FLOOR + "metric_value { double_value { value: 0.5 } }")
    validation.MergeFrom(failed(RMSE_CEILING + "metric_value { double_value { value: 2 } }", COLD))
    assert [failure.split()[0] for failure in verdict_of(validation).failures] == ["auc", "rmse"]


def test_a_folder_without_an_evaluation_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"No evaluation in {tmp_path}.*eval_config.json"):
        read_verdict(tmp_path)
