"""The section of the configuration that says what the Evaluator measures and demands."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

from components.evaluator import metrics as names
from components.evaluator.slices import OVERALL, SLICINGS, WHOLE_USER_FEATURES, parse_slice
from movielens.section import ListOf, OneOf, Section
from transform_module import features

MetricName: TypeAlias = Annotated[str, OneOf(tuple(names.ALL_METRICS))]
Bounds: TypeAlias = Mapping[MetricName, float]
Baseline = Literal["last_blessed", "last_pushed"]
RegressionRule = Literal["beyond_error", "absolute"]


class EvaluatorSettings(Section):
    """Bounds that a model must keep to be blessed, and the slices that are measured.

    A bound is a ceiling if lower values of the metric are better (`rmse`, `mae`), and a floor
    otherwise. A table that is given replaces the default one.
    """

    slice_by: ListOf[str] = Field(
        tuple(name for name in SLICINGS if name != OVERALL),
        description="Features to slice by. Besides them, all rows together are always measured.",
    )
    bounds: Bounds = Field(
        {
            names.RMSE: 1.0,
            names.AUC: 0.70,
            names.NDCG_NORMAL: 0.60,
            # More than nothing: a model equal to the baseline is not worth serving.
            names.RMSE_GAIN_OVER_BIAS: 1e-6,
        },
        description="Bounds by metric over all rows. At least one.",
    )
    slice_bounds: Mapping[str, Bounds] = Field(
        {f"{features.USER_ACTIVITY}=cold": {names.RMSE: 1.15}},
        description="Bounds by metric on slices, which are named `feature=value`. Only these "
        "slices can block a model, so that a genre with four ratings can't. A slice named here "
        "must occur in the data: one that doesn't blocks the model, since nothing is known of it.",
    )
    max_regression: Mapping[MetricName, Annotated[float, Field(ge=0)]] = Field(
        {names.RMSE: 0.005, names.AUC: 0.005, names.NDCG_NORMAL: 0.01},
        description="How much worse than the baseline a metric may be over all rows, in its own "
        "unit. Not checked while no model was blessed yet.",
    )
    regression_rule: RegressionRule = Field(
        "beyond_error",
        description="When a metric is too much worse. `beyond_error`: when the whole 95 % interval "
        "of its change, paired by users, is beyond `max_regression`, so that chance alone seldom "
        "refuses a model. `absolute`: when the change is, whatever its error.",
    )
    baseline: Baseline = Field(
        "last_blessed",
        description="The model that a new one is compared with: the last blessed one by the "
        "metadata store, or the newest version in the folder that is served from.",
    )

    @field_validator("slice_by")
    @classmethod
    def _require_distinct_features(cls, slice_by: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(slice_by)) != len(slice_by):
            raise ValueError("should be a list of distinct feature names")
        if OVERALL in slice_by:
            raise ValueError(f"should not hold {OVERALL!r}: all rows together are always measured")
        return slice_by

    @field_validator("bounds")
    @classmethod
    def _require_a_bound(cls, bounds: Bounds) -> Bounds:
        if not bounds:
            raise ValueError(
                "should hold at least one metric: TFX never blesses a model on which nothing is "
                "demanded"
            )
        return bounds

    @model_validator(mode="after")
    def _require_bounds_that_can_be_kept(self) -> Self:
        for name, bounds in self.slice_bounds.items():
            feature, _ = parse_slice(name)
            if feature not in self.slice_by:
                raise ValueError(
                    f"slice_bounds[{name!r}] bounds a slice that isn't measured: slice_by holds "
                    f"{list(self.slice_by)}. Add {feature!r} to it, or set slice_bounds without "
                    "this slice."
                )
            ranking = sorted(set(bounds) & set(names.RANKING_METRICS))
            if ranking and feature not in WHOLE_USER_FEATURES:
                raise ValueError(
                    f"slice_bounds[{name!r}] sets a bound on {', '.join(ranking)}, which could "
                    f"never be kept: a slice by {feature!r} holds parts of users, so no ranking is "
                    "measured on it. Rankings are measured over all rows and by "
                    f"{', '.join(sorted(WHOLE_USER_FEATURES - {OVERALL}))}."
                )
        return self
