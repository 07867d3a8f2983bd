"""Builds TFMA's EvalConfig from the settings."""

import json
from collections.abc import Mapping
from typing import Final

from google.protobuf import wrappers_pb2
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator import metric_names as names
from components.evaluator.settings import EvaluatorSettings
from components.evaluator.slice_names import parse_slice
from transform_module import features

SIGNATURE: Final = "serving_default"
TRANSFORM_SIGNATURE: Final = "transform_features"

# By dotted path, as TFMA imports the metric and the Evaluator the extractors: see their docstrings.
METRIC_MODULE: Final = "components.evaluator.metrics"
METRIC_CLASS: Final = "RecommendationQuality"
EXTRACTORS_MODULE: Final = "components.evaluator.extractors"

_ALL_ROWS: Final = config_pb2.SlicingSpec()


def build_eval_config(
    settings: EvaluatorSettings, *, code_fingerprint: str = ""
) -> config_pb2.EvalConfig:
    """The EvalConfig of one model; TFX adds the baseline where one was blessed.

    Every threshold names its slices. TFMA applies a threshold that doesn't to every slice, down to
    the genre with four ratings.

    Args:
        settings: What to measure and demand.
        code_fingerprint: A hash of the evaluation's code. It goes into the metric's config, so that
            TFX, whose cache doesn't see code, evaluates anew when it changes.
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
            threshold = config_pb2.MetricThreshold(value_threshold=_value_threshold(name, bound))
            thresholds.setdefault(name, []).append(_on_slice(spec, threshold))
    return {
        name: config_pb2.PerSliceMetricThresholds(thresholds=entries)
        for name, entries in thresholds.items()
    }


def _overall_thresholds(settings: EvaluatorSettings) -> Mapping[str, config_pb2.MetricThreshold]:
    thresholds = {}
    for name in names.ALL_METRICS:
        if name in settings.bounds or name in settings.max_regression:
            threshold = config_pb2.MetricThreshold()
            if name in settings.bounds:
                threshold.value_threshold.CopyFrom(_value_threshold(name, settings.bounds[name]))
            if name in settings.max_regression:
                allowed = settings.max_regression[name]
                threshold.change_threshold.CopyFrom(_change_threshold(name, allowed))
            thresholds[name] = threshold
    return thresholds


def _value_threshold(name: str, bound: float) -> config_pb2.GenericValueThreshold:
    value = wrappers_pb2.DoubleValue(value=bound)
    if name in names.LOWER_IS_BETTER:
        return config_pb2.GenericValueThreshold(upper_bound=value)
    return config_pb2.GenericValueThreshold(lower_bound=value)


def _change_threshold(name: str, allowed: float) -> config_pb2.GenericChangeThreshold:
    # TFMA compares candidate - baseline with `absolute`.
    if name in names.LOWER_IS_BETTER:
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
