"""What the Evaluator measures and demands, as the pipeline's configuration states it."""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self, TypeAlias, get_args

from components.evaluator import metrics as names
from components.evaluator.slices import OVERALL, WHOLE_USER_FEATURES, parse_slice
from transform_module import features

Bounds: TypeAlias = Mapping[str, float]
Baseline = Literal["last_blessed", "last_pushed"]


def _default_bounds() -> Bounds:
    return {
        names.RMSE: 1.0,
        names.AUC: 0.70,
        names.NDCG_NORMAL: 0.60,
        # More than nothing: a model equal to the baseline is not worth serving.
        names.RMSE_GAIN_OVER_BIAS: 1e-6,
    }


def _default_slice_bounds() -> Mapping[str, Bounds]:
    return {f"{features.USER_ACTIVITY}=cold": {names.RMSE: 1.15}}


def _default_max_regression() -> Bounds:
    return {names.RMSE: 0.005, names.AUC: 0.005, names.NDCG_NORMAL: 0.01}


@dataclass(frozen=True, kw_only=True)
class EvaluatorSettings:
    """Bounds that a model must keep to be blessed, and the slices that are measured.

    A bound is a ceiling on the metrics of which less is better (`rmse`, `mae`) and a floor on the
    others.

    Attributes:
        slice_by: Features to slice by. Besides them, all rows together are always measured.
        bounds: Metric name to its bound over all rows. At least one.
        slice_bounds: `feature=value` to the bounds on that slice. Only these slices can block a
            model, so that a genre with four ratings can't. A slice named here must occur in the
            data: one that doesn't blocks the model, since nothing is known of it.
        max_regression: Metric name to how much worse than the baseline it may be, over
            all rows, in the metric's own unit, >= 0. Not checked where no model was blessed yet.
        baseline: The model that it is compared with: the last blessed one by the metadata store,
            or the newest version in the folder that is served from.

    Raises:
        ValueError: A name is unknown, a bound is no finite number, or a bound can never be kept.
    """

    slice_by: tuple[str, ...] = (
        features.GENRES,
        features.USER_ACTIVITY,
        features.MOVIE_POPULARITY,
        features.RELEASE_DECADE,
    )
    bounds: Bounds = field(default_factory=_default_bounds)
    slice_bounds: Mapping[str, Bounds] = field(default_factory=_default_slice_bounds)
    max_regression: Bounds = field(default_factory=_default_max_regression)
    baseline: Baseline = "last_blessed"

    def __post_init__(self) -> None:
        self._set("slice_by", _checked_features(self.slice_by))
        self._set("bounds", _checked_bounds("bounds", self.bounds))
        if not self.bounds:
            raise ValueError(
                "bounds should hold at least one metric, received none. "
                "TFX never blesses a model on which nothing is demanded."
            )
        slice_bounds = {
            name: _checked_slice_bounds(name, bounds, self.slice_by)
            for name, bounds in _checked_table("slice_bounds", self.slice_bounds).items()
        }
        self._set("slice_bounds", slice_bounds)
        self._set("max_regression", _checked_bounds("max_regression", self.max_regression))
        for name, allowed in self.max_regression.items():
            if allowed < 0:
                raise ValueError(
                    f"max_regression[{name!r}] should be at least 0, the amount by which the "
                    f"metric may get worse. Received: {allowed}"
                )

        if self.baseline not in get_args(Baseline):
            raise ValueError(
                f"baseline should be one of {', '.join(get_args(Baseline))}. "
                f"Received: {self.baseline!r}"
            )

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # frozen for everyone else

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Self:
        """Makes settings from a table of the configuration file.

        Args:
            settings: Attribute names to values. A given table replaces the default one; they
                aren't merged.

        Raises:
            ValueError: A key or a metric is unknown, or a value is no good.
        """
        _check_known("evaluator settings", settings, [f.name for f in fields(cls)])
        return cls(**settings)


def _checked_features(slice_by: object) -> tuple[str, ...]:
    if not isinstance(slice_by, list | tuple) or len(set(slice_by)) != len(slice_by):
        raise ValueError(
            f"slice_by should be a list of distinct feature names. Received: {slice_by!r}"
        )
    if OVERALL in slice_by:
        raise ValueError(
            f"slice_by should not hold {OVERALL!r}: all rows together are always measured. "
            f"Received: {slice_by!r}"
        )
    return tuple(slice_by)


def _checked_slice_bounds(name: str, bounds: Bounds, slice_by: tuple[str, ...]) -> Bounds:
    feature, _ = parse_slice(name)
    if feature not in slice_by:
        raise ValueError(
            f"slice_bounds[{name!r}] bounds a slice that isn't measured: slice_by holds "
            f"{list(slice_by)}. Add {feature!r} to it, or set slice_bounds without this slice."
        )
    checked = _checked_bounds(f"slice_bounds[{name!r}]", bounds)
    ranking = sorted(set(checked) & set(names.RANKING_METRICS))
    if ranking and feature not in WHOLE_USER_FEATURES:
        raise ValueError(
            f"slice_bounds[{name!r}] sets a bound on {', '.join(ranking)}, which could never be "
            f"kept: a slice by {feature!r} holds parts of users, so no ranking is measured on it. "
            "Rankings are measured over all rows and by "
            f"{', '.join(sorted(WHOLE_USER_FEATURES - {OVERALL}))}."
        )
    return checked


def _checked_table(where: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise ValueError(  # noqa: TRY004 - a bad setting is a ValueError, whatever is bad about it
            f"{where} should be a table. Received: {table!r}"
        )
    return table


def _checked_bounds(where: str, bounds: Bounds) -> Bounds:
    _check_known(where, _checked_table(where, bounds), names.ALL_METRICS)
    for name, bound in bounds.items():
        if (
            isinstance(bound, bool)
            or not isinstance(bound, int | float)
            or not math.isfinite(bound)
        ):
            raise ValueError(f"{where}[{name!r}] should be a finite number. Received: {bound!r}")
    return {name: float(bound) for name, bound in bounds.items()}


def _check_known(where: str, received: Iterable[str], known: Iterable[str]) -> None:
    known = list(known)
    for name in received:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"expected one of {known}."
            raise ValueError(f"Unknown name in {where}: {name!r}; {hint}")
