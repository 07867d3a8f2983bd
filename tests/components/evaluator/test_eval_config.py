import json

import pytest
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.eval_config import build_eval_config
from components.evaluator.settings import EvaluatorSettings

Thresholds = dict[str, list[tuple[dict[str, str], config_pb2.MetricThreshold]]]


def thresholds(settings: EvaluatorSettings) -> Thresholds:
    """Metric name to (the slice's feature values, threshold)."""
    (spec,) = build_eval_config(settings).metrics_specs
    return {
        name: [(dict(entry.slicing_specs[0].feature_values), entry.threshold) for entry in listed]
        for name, listed in (
            (name, per_slice.thresholds) for name, per_slice in spec.per_slice_thresholds.items()
        )
    }


def test_the_model_is_asked_through_its_contract() -> None:
    (model,) = build_eval_config(EvaluatorSettings()).model_specs
    assert model.signature_name == "serving_default"
    assert list(model.preprocessing_function_names) == ["transform_features"]
    assert dict(model.label_keys) == {"rating": "rating", "liked": "liked"}
    assert not model.name  # TFX adds the baseline only to a nameless single model


def test_all_rows_and_each_feature_are_sliced() -> None:
    config = build_eval_config(EvaluatorSettings(slice_by=("genres", "user_activity")))
    assert [list(spec.feature_keys) for spec in config.slicing_specs] == [
        [],
        ["genres"],
        ["user_activity"],
    ]


def test_less_is_better_makes_a_ceiling_and_more_is_better_a_floor() -> None:
    settings = EvaluatorSettings(
        bounds={"rmse": 0.9, "auc": 0.8}, slice_bounds={}, max_regression={}
    )
    ((_, rmse),), ((_, auc),) = thresholds(settings)["rmse"], thresholds(settings)["auc"]
    assert rmse.value_threshold.upper_bound.value == 0.9
    assert not rmse.value_threshold.HasField("lower_bound")
    assert auc.value_threshold.lower_bound.value == 0.8
    assert not auc.value_threshold.HasField("upper_bound")
    assert not auc.HasField("change_threshold")


def test_a_regression_is_signed_by_the_metrics_direction() -> None:
    settings = EvaluatorSettings(
        bounds={"mae": 1.0}, slice_bounds={}, max_regression={"rmse": 0.005, "auc": 0.01}
    )
    ((_, rmse),), ((_, auc),) = thresholds(settings)["rmse_best"], thresholds(settings)["auc_best"]
    assert rmse.change_threshold.absolute.value == 0.005
    assert rmse.change_threshold.direction == config_pb2.MetricDirection.LOWER_IS_BETTER
    assert auc.change_threshold.absolute.value == -0.01
    assert auc.change_threshold.direction == config_pb2.MetricDirection.HIGHER_IS_BETTER
    assert not auc.HasField("value_threshold")


def test_an_absolute_rule_compares_the_metric_itself_beside_its_bound() -> None:
    settings = EvaluatorSettings(
        bounds={"rmse": 1.0},
        slice_bounds={},
        max_regression={"rmse": 0.005},
        regression_rule="absolute",
    )
    ((_, rmse),) = thresholds(settings)["rmse"]
    assert rmse.change_threshold.absolute.value == 0.005
    assert rmse.value_threshold.upper_bound.value == 1.0
    assert list(thresholds(settings)) == ["rmse"]


def test_bounds_on_a_slice_stand_beside_those_on_all_rows() -> None:
    settings = EvaluatorSettings(
        bounds={"rmse": 1.0}, slice_bounds={"genres=War": {"rmse": 1.2}}, max_regression={}
    )
    overall, war = thresholds(settings)["rmse"]
    assert overall[0] == {}
    assert war[0] == {"genres": "War"}
    assert war[1].value_threshold.upper_bound.value == 1.2


def test_every_threshold_names_its_slices() -> None:
    (spec,) = build_eval_config(EvaluatorSettings()).metrics_specs
    assert not spec.thresholds
    assert not any(metric.HasField("threshold") for metric in spec.metrics)
    assert all(
        entry.slicing_specs
        for per_slice in spec.per_slice_thresholds.values()
        for entry in per_slice.thresholds
    )


@pytest.mark.parametrize("fingerprint", ["", "0a1b2c"])
def test_the_fingerprint_changes_the_config(fingerprint: str) -> None:
    config = build_eval_config(EvaluatorSettings(), code_fingerprint=fingerprint)
    (metric,) = config.metrics_specs[0].metrics
    assert json.loads(metric.config) == {"code_fingerprint": fingerprint}
