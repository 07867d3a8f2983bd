"""Options of the preprocessing, checked where they are made."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransformConfig:
    """How ratings are aggregated by user and by movie.

    Attributes:
        folds: Parts that the train ratings are hashed into for the out-of-fold aggregates.
        movie_damping: Ratings at the global mean that each movie is given beforehand. More damping
            pulls the mean of a movie with few ratings harder towards the mean of all.
        user_damping: The same for a user.
    """

    folds: int = 10
    movie_damping: float = 3.0
    user_damping: float = 5.0

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise ValueError(
                f"transform.folds must be at least 2, so that a row can be left out of its own "
                f"aggregates. Received: {self.folds}"
            )
        for name in ("movie_damping", "user_damping"):
            value = getattr(self, name)
            if not value > 0:
                raise ValueError(
                    f"transform.{name} must be positive: it is what an unrated movie or a new user "
                    f"falls back on. Received: {value}"
                )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds the options from a mapping, refusing keys that do not exist."""
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"Unknown key in [transform]: {unknown}. Known keys: {sorted(known)}")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Returns the options as plain JSON values."""
        return dataclasses.asdict(self)
