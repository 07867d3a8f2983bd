"""How far the data may move from one span to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from transform_module import features

# TFDV has one measure for each kind of feature.
_CATEGORICAL: Final = (features.GENRES,)
_NUMERIC: Final = (features.RATING, features.HISTORY_RATINGS)


@dataclass(frozen=True, kw_only=True)
class DriftConfig:
    """Section `[drift]`: the train split against that of the span before.

    Attributes:
        l_infinity: by categorical feature, the largest difference allowed of any value's share:
            `max |p(v) - q(v)|` over the values v.
        jensen_shannon: by numeric feature, the largest Jensen-Shannon divergence allowed, from 0
            (the same) to 1: the mean of both distributions' Kullback-Leibler divergences, base 2,
            from their mean, over TFDV's histograms.
        min_growth: smallest number of examples allowed, as a multiple of the one before.
        max_growth: largest one.
    """

    l_infinity: Mapping[str, float] = field(default_factory=dict)
    jensen_shannon: Mapping[str, float] = field(default_factory=dict)
    min_growth: float | None = None
    max_growth: float | None = None

    def __post_init__(self) -> None:
        _check("l_infinity", self.l_infinity, _CATEGORICAL)
        _check("jensen_shannon", self.jensen_shannon, _NUMERIC)
        for name in ("min_growth", "max_growth"):
            growth = getattr(self, name)
            if growth is not None and growth <= 0:
                raise ValueError(f"{name} should be above 0. Received: {growth}")

    @property
    def enabled(self) -> bool:
        """Whether anything is compared."""
        bounds = (self.l_infinity, self.jensen_shannon, self.min_growth, self.max_growth)
        return any(bounds)


def drift_comparators(config: DriftConfig) -> Any:
    """The thresholds as a DistributionValidatorConfig of TFX."""
    from tfx.proto import distribution_validator_pb2  # loads TFX, which a configuration must not

    comparators = distribution_validator_pb2.DistributionValidatorConfig()
    whole = comparators.default_slice_config
    for name, threshold in sorted(config.l_infinity.items()):
        compared = whole.feature.add(path={"step": [name]})
        compared.distribution_comparator.infinity_norm.threshold = threshold
    for name, threshold in sorted(config.jensen_shannon.items()):
        compared = whole.feature.add(path={"step": [name]})
        compared.distribution_comparator.jensen_shannon_divergence.threshold = threshold
    if config.min_growth is not None:
        whole.num_examples_comparator.min_fraction_threshold = config.min_growth
    if config.max_growth is not None:
        whole.num_examples_comparator.max_fraction_threshold = config.max_growth
    return comparators


def _check(option: str, thresholds: Mapping[str, float], known: tuple[str, ...]) -> None:
    for name, threshold in thresholds.items():
        if name not in known:
            raise ValueError(f"{option} knows the features {', '.join(known)}. Received: {name!r}")
        if not 0 < threshold <= 1:
            raise ValueError(f"{option}.{name} should be above 0, at most 1. Received: {threshold}")
