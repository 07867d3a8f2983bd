"""Builds TFMA's EvalConfig from the settings."""

import json
from collections.abc import Mapping
from typing import Final

from google.protobuf import wrappers_pb2
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.metric_kinds import Direction, Metric
from components.evaluator.metrics import ALL_METRICS
from components.evaluator.settings import EvaluatorSettings
from components.evaluator.slices import parse_slice
from transform_module import features

SIGNATURE: Final = "serving_default"
TRANSFORM_SIGNATURE: Final = "transform_features"

# TFMA imports the metric, and the Evaluator the extractors, by these names.
METRIC_MODULE: Final = "components.evaluator.tfma_metric"
METRIC_CLASS: Final = "RecommendationQuality"
EXTRACTORS_MODULE: Final = "components.evaluator.extractors"

_ALL_ROWS: Final = config_pb2.SlicingSpec()


def build_eval_config(
    settings: EvaluatorSettings, *, code_fingerprint: str = ""
) -> config_pb2.EvalConfig:
    """Returns the EvalConfig of one model; TFX adds the baseline if a model was blessed before.

    Every threshold names its slices: TFMA applies a threshold without a slice to every slice, even
    to a genre with four ratings.

    Args:
        settings: What to measure and demand.
        code_fingerprint: A hash of the evaluation's code. It is part of the metric's config. TFX's
            cache compares configs and not code, so this makes it evaluate again after an edit.
    """
    model = config_pb2.ModelSpec(
        signature_name=SIGNATURE,
        preprocessing_function_names=[TRANSFORM_SIGNATURE],
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
    thresholds: dict[str, list[config_pb2.PerSliceMetricThreshold]] = {}
    for name, threshold in _overall_thresholds(settings).items():
        thresholds.setdefault(name, []).append(_on_slice(_ALL_ROWS, threshold))
    for slice_name, bounds in settings.slice_bounds.items():
        feature, value = parse_slice(slice_name)
        spec = config_pb2.SlicingSpec(feature_values={feature: value})
        for name, bound in bounds.items():
            floor_or_ceiling = _value_threshold(ALL_METRICS[name], bound)
            threshold = config_pb2.MetricThreshold(value_threshold=floor_or_ceiling)
            thresholds.setdefault(name, []).append(_on_slice(spec, threshold))
    return {
        name: config_pb2.PerSliceMetricThresholds(thresholds=entries)
        for name, entries in thresholds.items()
    }


def _overall_thresholds(settings: EvaluatorSettings) -> Mapping[str, config_pb2.MetricThreshold]:
    thresholds = {}
    for name, metric in ALL_METRICS.items():
        if name in settings.bounds or name in settings.max_regression:
            threshold = config_pb2.MetricThreshold()
            if name in settings.bounds:
                threshold.value_threshold.CopyFrom(_value_threshold(metric, settings.bounds[name]))
            if name in settings.max_regression:
                allowed = settings.max_regression[name]
                threshold.change_threshold.CopyFrom(_change_threshold(metric, allowed))
            thresholds[name] = threshold
    return thresholds


def _value_threshold(metric: Metric, bound: float) -> config_pb2.GenericValueThreshold:
    value = wrappers_pb2.DoubleValue(value=bound)
    if metric.direction is Direction.LOWER:
        return config_pb2.GenericValueThreshold(upper_bound=value)
    return config_pb2.GenericValueThreshold(lower_bound=value)


def _change_threshold(metric: Metric, allowed: float) -> config_pb2.GenericChangeThreshold:
    # TFMA compares candidate - baseline with `absolute`.
    if metric.direction is Direction.LOWER:
        return config_pb2.GenericChangeThreshold(
            absolute=wrappers_pb2.DoubleValue(value=allowed),
            direction=config_pb2.MetricDirection.LOWER_IS_BETTER,
        )
    return config_pb2.GenericChangeThreshold(
        absolute=wrappers_pb2.DoubleValue(value=-allowed),
        direction=config_pb2.MetricDirection.HIGHER_IS_BETTER,
    )


def _on_slice(
    spec: config_pb2.SlicingSpec, threshold: config_pb2.MetricThreshold
) -> config_pb2.PerSliceMetricThreshold:
    return config_pb2.PerSliceMetricThreshold(slicing_specs=[spec], threshold=threshold)
