"""The bounds that a run's model was held to, with the room that it left."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from components.evaluator.metrics import ALL_METRICS, INTERVAL_ERRORS, Direction, Metric
from report.runs import RecordedRun

_OVERALL: Final = "all ratings"


@dataclass(frozen=True, kw_only=True)
class Check:
    """A bound, and what was measured."""

    metric: Metric
    where: str  # the slice
    kind: str  # `ceiling`, `floor`, or `change` since the last blessed model
    bound: float
    value: float | None  # None if the run did not measure it
    error: float | None  # its standard error over users, where it is defined
    judged: float | None  # the figure that the bound is held against

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the value."""
        if self.value is None or self.error is None:
            return None
        room = INTERVAL_ERRORS * self.error
        return self.value - room, self.value + room

    @property
    def margin(self) -> float | None:
        """How far the judged figure is on the right side of the bound; negative if it is not."""
        if self.judged is None:
            return None
        room = self.bound - self.judged
        return room if self.metric.direction is Direction.LOWER else -room

    @property
    def kept(self) -> bool:
        """Whether the model keeps the bound."""
        return self.margin is not None and self.margin >= 0


def checks(run: RecordedRun) -> list[Check]:
    """All bounds of a run's Evaluator, in the order of the configuration."""
    return [*_bounds(run), *_slice_bounds(run), *_changes(run)]


def _bounds(run: RecordedRun) -> Iterator[Check]:
    for name, bound in _options(run).get("bounds", {}).items():
        yield _bound(name, _OVERALL, bound, run.values)


def _slice_bounds(run: RecordedRun) -> Iterator[Check]:
    slices = {each["name"]: each for each in run.values.get("slices", ())}
    for where, bounds in _options(run).get("slice_bounds", {}).items():
        for name, bound in bounds.items():
            yield _bound(name, where, bound, slices.get(where, {}))


def _changes(run: RecordedRun) -> Iterator[Check]:
    changes = run.values.get("changes") or {}
    if not changes:
        return
    options = _options(run)
    for name, allowed in options.get("max_regression", {}).items():
        metric = ALL_METRICS[name]
        value, error = changes.get(name), run.values["change_errors"].get(name)
        judged = value
        if value is not None and error is not None and options["regression_rule"] != "absolute":
            judged = metric.best_of(value, error)
        yield Check(
            metric=metric,
            where=_OVERALL,
            kind="change",
            bound=allowed if metric.direction is Direction.LOWER else -allowed,
            value=value,
            error=error,
            judged=judged,
        )


def _bound(name: str, where: str, bound: float, measured: Mapping[str, Any]) -> Check:
    metric = ALL_METRICS[name]
    value = measured.get("metrics", {}).get(name)
    return Check(
        metric=metric,
        where=where,
        kind="ceiling" if metric.direction is Direction.LOWER else "floor",
        bound=bound,
        value=value,
        error=measured.get("errors", {}).get(name),
        judged=value,
    )


def _options(run: RecordedRun) -> Mapping[str, Any]:
    options: Mapping[str, Any] = run.values["options"].get("evaluator", {})
    return options
