"""Reads what an Evaluator wrote: the metrics of every slice, and the verdict in words."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tensorflow_model_analysis.api import model_eval_lib
from tensorflow_model_analysis.proto import config_pb2, validation_result_pb2
from tensorflow_model_analysis.writers import eval_config_writer

from components.evaluator.metrics import (
    ALL_METRICS,
    EXAMPLE_COUNT,
    INTERVAL_ERRORS,
    Metric,
)
from components.evaluator.slices import OVERALL, slice_name, slicing_of

# The figures that thresholds are set on: see `eval_config`.
_METRICS_BY_FIGURE: Final[Mapping[str, Metric]] = {
    figure: metric for metric in ALL_METRICS.values() for figure in (metric.name, metric.best_name)
}


@dataclass(frozen=True, kw_only=True)
class SliceResult:
    """The metrics of one slice."""

    feature: str  # the name of its slicing, mostly a feature; `OVERALL` for all rows
    value: str  # its value; empty for all rows
    rows: int  # how many test ratings it holds
    # Values by name, without those that the rows do not define: AUC if all rows are liked, rankings
    # if the slice holds parts of users.
    metrics: Mapping[str, float]
    # Candidate - last blessed model, by the metric's name; empty without such a model.
    changes: Mapping[str, float]
    # Standard errors over users of both, by the metric's name, where they are defined.
    errors: Mapping[str, float]
    change_errors: Mapping[str, float]

    @property
    def name(self) -> str:
        """`feature=value`, or `overall`."""
        return slice_name(self.feature, self.value)


@dataclass(frozen=True, kw_only=True)
class EvaluationResults:
    """Everything that was measured of a model."""

    overall: SliceResult
    slices: tuple[SliceResult, ...]  # in the order of features and values

    def to_json_dict(self) -> dict[str, Any]:
        """Returns JSON values: those of all rows, and `slices`, `[{"name", "rows", ...}]`."""
        overall = asdict(self.overall)
        return {
            **{name: overall[name] for name in ("metrics", "errors", "changes", "change_errors")},
            "slices": [{"name": result.name, **asdict(result)} for result in self.slices],
        }


def read_results(evaluation: Path | str) -> EvaluationResults:
    """Reads the folder of an Evaluator's `evaluation` artifact."""
    folder = str(evaluation)
    candidate = next(spec for spec in read_eval_config(folder).model_specs if not spec.is_baseline)
    loaded = model_eval_lib.load_eval_result(folder, model_name=str(candidate.name))
    results = [_slice_result(key, values) for key, values in loaded.slicing_metrics]
    results.sort(key=lambda each: (each.feature, slicing_of(each.feature).place(each.value)))
    overall = [result for result in results if result.feature == OVERALL]
    if not overall:
        raise ValueError(
            f"The evaluation in {folder} has no metrics over all rows, only of the slices "
            f"{[result.name for result in results]}. Was its test split empty?"
        )
    return EvaluationResults(
        overall=overall[0],
        slices=tuple(result for result in results if result.feature != OVERALL),
    )


def read_eval_config(evaluation: Path | str) -> config_pb2.EvalConfig:
    """Returns the EvalConfig of a finished evaluation, with the baseline that TFX added."""
    config: config_pb2.EvalConfig | None = eval_config_writer.load_eval_run(str(evaluation))[0]
    if config is None:
        raise FileNotFoundError(
            f"No evaluation in {evaluation}: expected the file eval_config.json that the Evaluator "
            "writes. Give the folder of its `evaluation` artifact; if it failed, run it again."
        )
    return config


def _slice_result(
    key: tuple[tuple[str, Any], ...], by_output: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> SliceResult:
    feature, value = key[0] if key else (OVERALL, "")
    values = {
        name: float(wrapped["doubleValue"])
        for name, wrapped in by_output[""][""].items()  # no output name, no sub-key
    }
    defined = {name: number for name, number in values.items() if math.isfinite(number)}

    def by_metric(name_of: Callable[[Metric], str]) -> dict[str, float]:
        names = {name: name_of(metric) for name, metric in ALL_METRICS.items()}
        return {name: defined[figure] for name, figure in names.items() if figure in defined}

    return SliceResult(
        feature=feature,
        value=str(value),
        rows=int(values[EXAMPLE_COUNT]),
        metrics=by_metric(lambda metric: metric.name),
        changes=by_metric(lambda metric: metric.change_name),
        errors=by_metric(lambda metric: metric.error_name),
        change_errors=by_metric(lambda metric: metric.change_error_name),
    )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a model may be pushed, and if not, a sentence for each reason."""

    blessed: bool
    failures: tuple[str, ...]


def read_verdict(evaluation: Path | str) -> Verdict:
    """Reads the verdict from the folder of an Evaluator's `evaluation` artifact."""
    overall = read_results(evaluation).overall
    return verdict_of(model_eval_lib.load_validation_result(str(evaluation)), overall)


def verdict_of(
    result: validation_result_pb2.ValidationResult, overall: SliceResult | None = None
) -> Verdict:
    """Returns the verdict of TFMA's validation result; `overall` gives the intervals of changes."""
    failures = tuple(_failures(result, overall))
    if not result.validation_ok and not failures:
        failures = ("no bound was checked, and a model on which nothing is demanded isn't blessed",)
    return Verdict(blessed=bool(result.validation_ok), failures=failures)


def _failures(
    result: validation_result_pb2.ValidationResult, overall: SliceResult | None
) -> Iterator[str]:
    for validation in result.metric_validations_per_slice:
        keys = validation.slice_key.single_slice_keys
        where = _where(keys[0].column, keys[0].bytes_value.decode()) if keys else _where(OVERALL)
        yield from (_not_kept(failure, where, overall) for failure in validation.failures)
    for spec in result.missing_slices:
        slicing, value = next(iter(spec.feature_values.items()), (OVERALL, ""))
        yield (
            f"no test rating is {_where(slicing, value)}, on which a bound is set; "
            "drop the bound or evaluate on data that has such ratings"
        )


def _where(slicing: str, value: str = "") -> str:
    name = slice_name(slicing, value)
    return name if slicing == OVERALL else f"on slice {name}"


def _not_kept(
    failure: validation_result_pb2.ValidationFailure, where: str, overall: SliceResult | None
) -> str:
    name, threshold = failure.metric_key.name, failure.metric_threshold
    metric = _METRICS_BY_FIGURE[name]
    has_value = failure.HasField("metric_value")
    value = failure.metric_value.double_value.value if has_value else math.nan
    is_measured = math.isfinite(value)
    if threshold.HasField("change_threshold"):
        allowed = f"{threshold.change_threshold.absolute.value:+.3g}"
        if is_measured:
            change = _change(metric, value, overall)
            return f"{change} against the last blessed model {where}, where {allowed} is allowed"
        bound = f"bound on its change against the last blessed model of {allowed}"
    else:
        # build_eval_config sets a ceiling or a floor, by the metric's direction.
        bounds = threshold.value_threshold
        if bounds.HasField("upper_bound"):
            side, kind, limit = "above", "ceiling", bounds.upper_bound.value
        else:
            side, kind, limit = "below", "floor", bounds.lower_bound.value
        if is_measured:
            return f"{name} {value:.4g} is {side} its {kind} {limit:.4g} {where}"
        bound = f"{kind} of {limit:.4g}"
    return f"{metric.name} could not be measured {where}, though it has a {bound}"


def _change(metric: Metric, value: float, overall: SliceResult | None) -> str:
    """Says how a metric changed; `value` is the change unless `overall` knows better."""
    if overall is None or metric.name not in overall.change_errors:
        return f"{metric.name} changed by {value:+.3g}"
    change = overall.changes[metric.name]
    room = INTERVAL_ERRORS * overall.change_errors[metric.name]
    interval = f"95 % interval {change - room:+.3g} to {change + room:+.3g}"
    return f"{metric.name} changed by {change:+.3g} ({interval})"
