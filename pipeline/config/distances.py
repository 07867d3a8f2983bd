"""How far two data sets may lie from each other: thresholds by feature, by TFDV's two measures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Distances:
    """The thresholds of a section that compares two data sets.

    Attributes:
        CATEGORICAL: the features that `l_infinity` may name.
        NUMERIC: those that `jensen_shannon` may name; TFDV has one measure for each kind.
        l_infinity: by categorical feature, the largest difference allowed of any value's share:
            `max |p(v) - q(v)|` over the values v.
        jensen_shannon: by numeric feature, the largest Jensen-Shannon divergence allowed, from 0
            (the same) to 1: the mean of both distributions' Kullback-Leibler divergences, base 2,
            from their mean, over TFDV's histograms.
    """

    CATEGORICAL: ClassVar[tuple[str, ...]]
    NUMERIC: ClassVar[tuple[str, ...]]

    l_infinity: Mapping[str, float] = field(default_factory=dict)
    jensen_shannon: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check("l_infinity", self.l_infinity, self.CATEGORICAL)
        _check("jensen_shannon", self.jensen_shannon, self.NUMERIC)


def _check(option: str, thresholds: Mapping[str, float], known: tuple[str, ...]) -> None:
    for name, threshold in thresholds.items():
        if name not in known:
            raise ValueError(f"{option} knows the features {', '.join(known)}. Received: {name!r}")
        if not 0 < threshold <= 1:
            raise ValueError(f"{option}.{name} should be above 0, at most 1. Received: {threshold}")
