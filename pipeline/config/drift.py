"""How far the data may move from one span to the next."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.config.distances import Distances
from transform_module import features


@dataclass(frozen=True, kw_only=True)
class DriftConfig(Distances):
    """Section `[drift]`: the train split against that of the span before.

    Attributes:
        CATEGORICAL: what `l_infinity` may name.
        NUMERIC: what `jensen_shannon` may name.
        l_infinity: see `Distances`.
        jensen_shannon: see `Distances`.
        min_growth: smallest number of examples allowed, as a multiple of the one before.
        max_growth: largest one.
    """

    CATEGORICAL: ClassVar = (features.GENRES,)
    NUMERIC: ClassVar = (features.RATING, features.HISTORY_RATINGS)

    min_growth: float | None = None
    max_growth: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("min_growth", "max_growth"):
            growth = getattr(self, name)
            if growth is not None and growth <= 0:
                raise ValueError(f"{name} should be above 0. Received: {growth}")

    @property
    def enabled(self) -> bool:
        """Whether anything is compared."""
        bounds = (self.l_infinity, self.jensen_shannon, self.min_growth, self.max_growth)
        return any(bounds)
