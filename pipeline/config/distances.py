"""Sections `[drift]` and `[skew]`: how far two data sets may differ."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self, TypeAlias

from pydantic import Field, model_validator

from components.skew_validator import HISTORY_LENGTH
from movielens.section import Count, FilledText, OneOf, Positive, Section
from transform_module import features

Threshold: TypeAlias = Annotated[float, Field(gt=0, le=1)]

# TFDV has one measure for each kind of feature.
_L_INFINITY: Final[Any] = Field(
    default_factory=dict,
    description="By categorical feature, the largest difference allowed of any value's share: "
    "`max |p(v) - q(v)|` over the values v.",
)
_JENSEN_SHANNON: Final[Any] = Field(
    default_factory=dict,
    description="By numeric feature, the largest Jensen-Shannon divergence allowed, from 0 (the "
    "same) to 1: the mean of both distributions' Kullback-Leibler divergences, base 2, from their "
    "mean, over TFDV's histograms.",
)


class DriftConfig(Section):
    """How far the train split may differ from that of the previous span."""

    l_infinity: Mapping[Annotated[str, OneOf((features.GENRES,))], Threshold] = _L_INFINITY
    jensen_shannon: Mapping[Annotated[str, OneOf((features.RATING,))], Threshold] = _JENSEN_SHANNON
    min_growth: Positive | None = Field(
        None,
        description="Smallest number of train ratings allowed, as a multiple of the number in the "
        "previous span.",
    )
    max_growth: Positive | None = Field(
        None, description="Largest number of train ratings allowed, as a multiple of the same."
    )

    @property
    def enabled(self) -> bool:
        """Whether anything is compared."""
        return bool(self.l_infinity or self.jensen_shannon or self.compares_counts)

    @property
    def compares_counts(self) -> bool:
        """Whether the numbers of ratings are compared."""
        return bool(self.min_growth or self.max_growth)


class SkewConfig(Section):
    """How far the train split may differ from the requests that clients have logged."""

    l_infinity: Mapping[Annotated[str, OneOf((features.GENRES, features.MOVIE_ID))], Threshold] = (
        _L_INFINITY
    )
    jensen_shannon: Mapping[
        Annotated[str, OneOf((HISTORY_LENGTH, features.HISTORY_RATINGS))], Threshold
    ] = _JENSEN_SHANNON
    serving_log: FilledText | None = Field(
        None,
        description="The `prefix` of the clients' `RequestLog`, or a pattern of its files. If "
        "unset, nothing is compared.",
    )
    min_rows: Count = Field(
        1000, description="A feature is compared if at least this many rows of the log have it."
    )

    @model_validator(mode="after")
    def _require_log_and_thresholds(self) -> Self:
        has_thresholds = bool(self.l_infinity or self.jensen_shannon)
        if self.enabled and not has_thresholds:
            raise ValueError(
                "serving_log is given without a threshold, so that nothing would be compared; set "
                "l_infinity or jensen_shannon for a feature"
            )
        if has_thresholds and not self.enabled:
            raise ValueError("thresholds are given without serving_log, the log to compare with")
        return self

    @property
    def enabled(self) -> bool:
        """Whether anything is compared."""
        return self.serving_log is not None

    @property
    def log_pattern(self) -> str:
        """The log, absolute, so that nodes may run in any working directory."""
        return str(Path(self.serving_log or "").expanduser().absolute())
