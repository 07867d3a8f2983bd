"""The Evaluator's verdict in words: blessed, or each bound that the model did not keep."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tensorflow_model_analysis.api import model_eval_lib
from tensorflow_model_analysis.proto import validation_result_pb2

from components.evaluator.results import read_eval_config
from components.evaluator.slices import OVERALL, slice_name


class Bound(StrEnum):
    """What a model failed to keep."""

    FLOOR = "floor"
    CEILING = "ceiling"
    WORSE_THAN_BLESSED = "worse than the last blessed model"
    SLICE_MISSING = "slice missing"
    NOTHING_DEMANDED = "nothing demanded"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One bound that was not kept.

    Attributes:
        kind: The kind of bound.
        metric: The metric's name; empty if the whole slice is missing.
        slice_name: `feature=value`, or `overall`.
        value: The measured value, or candidate - blessed for WORSE_THAN_BLESSED; None if the metric
            could not be measured.
        bound: The floor, the ceiling, or the change allowed, signed like `value`.
    """

    kind: Bound
    metric: str = ""
    slice_name: str = slice_name(OVERALL, "")
    value: float | None = None
    bound: float | None = None

    def __str__(self) -> str:
        where = "overall" if self.slice_name == "overall" else f"on slice {self.slice_name}"
        is_measured = self.value is not None and math.isfinite(self.value)
        match self.kind:
            case Bound.SLICE_MISSING:
                return (
                    f"no test rating is {where}, on which a bound is set; "
                    "drop the bound or evaluate on data that has such ratings"
                )
            case Bound.NOTHING_DEMANDED:
                return (
                    "no bound was checked, and a model on which nothing is demanded isn't blessed"
                )
            case Bound.WORSE_THAN_BLESSED if is_measured:
                return (
                    f"{self.metric} changed by {self.value:+.3g} against the last blessed model "
                    f"{where}, where {self.bound:+.3g} is allowed"
                )
            case Bound.WORSE_THAN_BLESSED:
                bound = f"bound on its change against the last blessed model of {self.bound:+.3g}"
            case _ if is_measured:
                side = "below its floor" if self.kind == Bound.FLOOR else "above its ceiling"
                return f"{self.metric} {self.value:.4g} is {side} {self.bound:.4g} {where}"
            case _:
                bound = f"{self.kind} of {self.bound:.4g}"
        return f"{self.metric} could not be measured {where}, though it has a {bound}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a model may be pushed, and if not, every reason why."""

    blessed: bool
    failures: tuple[Failure, ...]


def read_verdict(evaluation: Path | str) -> Verdict:
    """Reads the verdict from the folder of an Evaluator's `evaluation` artifact.

    Raises:
        FileNotFoundError: The folder holds no finished evaluation.
    """
    read_eval_config(evaluation)  # raises the clearest error if there is no evaluation
    return verdict_of(model_eval_lib.load_validation_result(str(evaluation)))


def verdict_of(result: validation_result_pb2.ValidationResult) -> Verdict:
    """Returns the verdict of TFMA's validation result."""
    failures = [*_metric_failures(result), *_missing_slices(result)]
    if not result.validation_ok and not failures:
        failures = [Failure(kind=Bound.NOTHING_DEMANDED)]
    return Verdict(blessed=bool(result.validation_ok), failures=tuple(failures))


def _missing_slices(result: validation_result_pb2.ValidationResult) -> Iterator[Failure]:
    for spec in result.missing_slices:
        slicing, value = next(iter(spec.feature_values.items()), (OVERALL, ""))
        yield Failure(kind=Bound.SLICE_MISSING, slice_name=slice_name(slicing, value))


def _metric_failures(result: validation_result_pb2.ValidationResult) -> Iterator[Failure]:
    for validation in result.metric_validations_per_slice:
        keys = validation.slice_key.single_slice_keys
        slicing, value = (keys[0].column, keys[0].bytes_value.decode()) if keys else (OVERALL, "")
        for failure in validation.failures:
            kind, bound = _kind_and_bound(failure)
            is_measured = failure.HasField("metric_value")
            yield Failure(
                kind=kind,
                metric=failure.metric_key.name,
                slice_name=slice_name(slicing, value),
                value=failure.metric_value.double_value.value if is_measured else None,
                bound=bound,
            )


def _kind_and_bound(failure: validation_result_pb2.ValidationFailure) -> tuple[Bound, float]:
    if failure.metric_threshold.HasField("change_threshold"):
        return Bound.WORSE_THAN_BLESSED, failure.metric_threshold.change_threshold.absolute.value
    threshold = failure.metric_threshold.value_threshold
    # build_eval_config sets a ceiling or a floor, by the metric's direction.
    if threshold.HasField("upper_bound"):
        return Bound.CEILING, threshold.upper_bound.value
    return Bound.FLOOR, threshold.lower_bound.value
