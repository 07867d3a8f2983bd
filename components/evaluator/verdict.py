"""The Evaluator's verdict in words: blessed, or each bound that the model did not keep."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tensorflow_model_analysis.api import model_eval_lib
from tensorflow_model_analysis.proto import validation_result_pb2

from components.evaluator.results import read_eval_config
from components.evaluator.slices import OVERALL, slice_name


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a model may be pushed, and if not, a sentence for each reason."""

    blessed: bool
    failures: tuple[str, ...]


def read_verdict(evaluation: Path | str) -> Verdict:
    """Reads the verdict from the folder of an Evaluator's `evaluation` artifact.

    Raises:
        FileNotFoundError: The folder holds no finished evaluation.
    """
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
