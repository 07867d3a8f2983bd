"""Builds TFMA's EvalConfig from the settings."""

import json
from collections import defaultdict
from typing import Final

from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.metrics import ALL_METRICS, Direction, Metric
from components.evaluator.settings import EvaluatorSettings
from components.evaluator.slices import parse_slice
from serving.contract import SERVING_DEFAULT, TRANSFORM_FEATURES
from transform_module import features

# TFMA imports the metric, and the Evaluator the extractors, by these names.
METRIC_MODULE: Final = "components.evaluator.tfma_metric"
METRIC_CLASS: Final = "RecommendationQuality"
EXTRACTORS_MODULE: Final = "components.evaluator.extractors"

_ALL_ROWS: Final = config_pb2.SlicingSpec()


def build_eval_config(
    settings: EvaluatorSettings, *, code_fingerprint: str = ""
) -> config_pb2.EvalConfig:
    """Returns the EvalConfig of one model; TFX adds the baseline if a model was blessed before.

    The hash of the evaluation's code is part of the metric's config. TFX's cache compares configs
    and not code, so it makes TFX evaluate again after an edit.
    """
    model = config_pb2.ModelSpec(
        signature_name=SERVING_DEFAULT,
        preprocessing_function_names=[TRANSFORM_FEATURES],
        label_keys={features.RATING: features.RATING, features.LIKED: features.LIKED},
    )
    metric = config_pb2.MetricConfig(
        class_name=METRIC_CLASS,
        module=METRIC_MODULE,
        config=json.dumps({"code_fingerprint": code_fingerprint}),
    )
    slices = [config_pb2.SlicingSpec(feature_keys=[name]) for name in settings.slice_by]
    return config_pb2.EvalConfig(
        model_specs=[model],
        slicing_specs=[_ALL_ROWS, *slices],
        metrics_specs=[
            config_pb2.MetricsSpec(metrics=[metric], per_slice_thresholds=_thresholds(settings))
        ],
    )


def _thresholds(settings: EvaluatorSettings) -> dict[str, config_pb2.PerSliceMetricThresholds]:
    """Returns the thresholds by metric.

    Each names its slice: TFMA applies a threshold without one to every slice, even to a genre with
    four ratings.
    """
    thresholds: defaultdict[str, config_pb2.PerSliceMetricThresholds] = defaultdict(
        config_pb2.PerSliceMetricThresholds
    )
    bounds, regressions = settings.bounds, settings.max_regression
    for name, metric in ALL_METRICS.items():
        if name in bounds or name in regressions:
            threshold = _threshold(metric, bounds.get(name), regressions.get(name))
            thresholds[name].thresholds.add(slicing_specs=[_ALL_ROWS], threshold=threshold)
    for slice_name, slice_bounds in settings.slice_bounds.items():
        feature, value = parse_slice(slice_name)
        spec = config_pb2.SlicingSpec(feature_values={feature: value})
        for name, bound in slice_bounds.items():
            threshold = _threshold(ALL_METRICS[name], bound, None)
            thresholds[name].thresholds.add(slicing_specs=[spec], threshold=threshold)
    return dict(thresholds)


def _threshold(
    metric: Metric, bound: float | None, max_regression: float | None
) -> config_pb2.MetricThreshold:
    is_lower_better = metric.direction is Direction.LOWER
    threshold = config_pb2.MetricThreshold()
    if bound is not None:
        value = threshold.value_threshold
        side = value.upper_bound if is_lower_better else value.lower_bound
        side.value = bound
    if max_regression is not None:
        directions = config_pb2.MetricDirection
        change = threshold.change_threshold
        # TFMA compares candidate - baseline with `absolute`.
        change.absolute.value = max_regression if is_lower_better else -max_regression
        change.direction = (
            directions.LOWER_IS_BETTER if is_lower_better else directions.HIGHER_IS_BETTER
        )
    return threshold
