"""Reads what an Evaluator wrote: the metrics of every slice, and the verdict in words."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tensorflow_model_analysis.api import model_eval_lib
from tensorflow_model_analysis.proto import config_pb2, validation_result_pb2
from tensorflow_model_analysis.writers import eval_config_writer

from components.evaluator.metrics import ALL_METRICS, EXAMPLE_COUNT
from components.evaluator.slices import OVERALL, slice_name, slicing_of


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
        """Returns JSON values: `{"metrics", "changes", "slices": [{"name", "rows", ...}]}`."""
        slices = [{"name": result.name, **asdict(result)} for result in self.slices]
        for each in slices:
            del each["changes"]
        return {
            "metrics": dict(self.overall.metrics),
            "changes": dict(self.overall.changes),
            "slices": slices,
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
    return SliceResult(
        feature=feature,
        value=str(value),
        rows=int(values[EXAMPLE_COUNT]),
        metrics={name: defined[name] for name in ALL_METRICS if name in defined},
        changes={
            metric.name: defined[metric.change_name]
            for metric in ALL_METRICS.values()
            if metric.change_name in defined
        },
    )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a model may be pushed, and if not, a sentence for each reason."""

    blessed: bool
    failures: tuple[str, ...]


def read_verdict(evaluation: Path | str) -> Verdict:
    """Reads the verdict from the folder of an Evaluator's `evaluation` artifact."""
    read_eval_config(evaluation)  # raises the clearest error if there is no evaluation
    return verdict_of(model_eval_lib.load_validation_result(str(evaluation)))


def verdict_of(result: validation_result_pb2.ValidationResult) -> Verdict:
    """Returns the verdict of TFMA's validation result."""
    failures = tuple(_failures(result))
    if not result.validation_ok and not failures:
        failures = ("no bound was checked, and a model on which nothing is demanded isn't blessed",)
    return Verdict(blessed=bool(result.validation_ok), failures=failures)


def _failures(result: validation_result_pb2.ValidationResult) -> Iterator[str]:
    for validation in result.metric_validations_per_slice:
        keys = validation.slice_key.single_slice_keys
        where = _where(keys[0].column, keys[0].bytes_value.decode()) if keys else _where(OVERALL)
        yield from (_not_kept(failure, where) for failure in validation.failures)
    for spec in result.missing_slices:
        slicing, value = next(iter(spec.feature_values.items()), (OVERALL, ""))
        yield (
            f"no test rating is {_where(slicing, value)}, on which a bound is set; "
            "drop the bound or evaluate on data that has such ratings"
        )


def _where(slicing: str, value: str = "") -> str:
    name = slice_name(slicing, value)
    return name if slicing == OVERALL else f"on slice {name}"


def _not_kept(failure: validation_result_pb2.ValidationFailure, where: str) -> str:
    metric, threshold = failure.metric_key.name, failure.metric_threshold
    has_value = failure.HasField("metric_value")
    value = failure.metric_value.double_value.value if has_value else math.nan
    is_measured = math.isfinite(value)
    if threshold.HasField("change_threshold"):
        allowed = f"{threshold.change_threshold.absolute.value:+.3g}"
        if is_measured:
            return (
                f"{metric} changed by {value:+.3g} against the last blessed model {where}, "
                f"where {allowed} is allowed"
            )
        bound = f"bound on its change against the last blessed model of {allowed}"
    else:
        # build_eval_config sets a ceiling or a floor, by the metric's direction.
        bounds = threshold.value_threshold
        if bounds.HasField("upper_bound"):
            side, kind, limit = "above", "ceiling", bounds.upper_bound.value
        else:
            side, kind, limit = "below", "floor", bounds.lower_bound.value
        if is_measured:
            return f"{metric} {value:.4g} is {side} its {kind} {limit:.4g} {where}"
        bound = f"{kind} of {limit:.4g}"
    return f"{metric} could not be measured {where}, though it has a {bound}"
