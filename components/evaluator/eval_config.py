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
    overall: defaultdict[str, config_pb2.MetricThreshold] = defaultdict(config_pb2.MetricThreshold)
    for name, bound in settings.bounds.items():
        overall[name].value_threshold.CopyFrom(_bound(ALL_METRICS[name], bound))
    for name, allowed in settings.max_regression.items():
        metric = ALL_METRICS[name]
        compared = name if settings.regression_rule == "absolute" else metric.best_name
        overall[compared].change_threshold.CopyFrom(_greatest_change(metric, allowed))
    for name, threshold in overall.items():
        thresholds[name].thresholds.add(slicing_specs=[_ALL_ROWS], threshold=threshold)
    for slice_name, slice_bounds in settings.slice_bounds.items():
        feature, value = parse_slice(slice_name)
        spec = config_pb2.SlicingSpec(feature_values={feature: value})
        for name, bound in slice_bounds.items():
            threshold = config_pb2.MetricThreshold(value_threshold=_bound(ALL_METRICS[name], bound))
            thresholds[name].thresholds.add(slicing_specs=[spec], threshold=threshold)
    return dict(thresholds)


def _bound(metric: Metric, bound: float) -> config_pb2.GenericValueThreshold:
    threshold = config_pb2.GenericValueThreshold()
    is_lower_better = metric.direction is Direction.LOWER
    side = threshold.upper_bound if is_lower_better else threshold.lower_bound
    side.value = bound
    return threshold


def _greatest_change(metric: Metric, allowed: float) -> config_pb2.GenericChangeThreshold:
    directions = config_pb2.MetricDirection
    threshold = config_pb2.GenericChangeThreshold()
    is_lower_better = metric.direction is Direction.LOWER
    # TFMA compares candidate - baseline with `absolute`.
    threshold.absolute.value = allowed if is_lower_better else -allowed
    threshold.direction = (
        directions.LOWER_IS_BETTER if is_lower_better else directions.HIGHER_IS_BETTER
    )
    return threshold
