"""The rows that metrics are computed from: test ratings with what a model says of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class RatedRows:
    """Parallel arrays, one entry a test rating: 33 bytes a row, 17 without ids.

    Attributes:
        user_ids: int64 [n]; empty where the rows are not whole users.
        movie_ids: int64 [n]; empty where the rows are not whole users.
        ratings: float32 [n], the user's stars.
        liked: bool [n], the binary label.
        predicted_ratings: float32 [n], the model's stars.
        liked_scores: float32 [n], the model's probability of a like.
        bias_ratings: float32 [n], the bias baseline's stars.
    """

    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    ratings: NDArray[np.float32]
    liked: NDArray[np.bool_]
    predicted_ratings: NDArray[np.float32]
    liked_scores: NDArray[np.float32]
    bias_ratings: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ratings)

    @property
    def has_ids(self) -> bool:
        """Whether the rows are whole users, so that a ranking of them means something."""
        return len(self.user_ids) == len(self)

    def take(self, rows: NDArray[np.intp], *, keep_ids: bool) -> Self:
        """The rows at these positions.

        Args:
            rows: Positions, [m].
            keep_ids: False where `rows` splits users apart (all ratings of comedies, say): the ids
                are dropped, which halves the memory and rules out a ranking over part of a user.
        """
        ids = rows if keep_ids else rows[:0]
        return type(self)(
            user_ids=self.user_ids[ids],
            movie_ids=self.movie_ids[ids],
            ratings=self.ratings[rows],
            liked=self.liked[rows],
            predicted_ratings=self.predicted_ratings[rows],
            liked_scores=self.liked_scores[rows],
            bias_ratings=self.bias_ratings[rows],
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """All rows of `parts`, in order. The parts must all have ids, or none of them."""
        columns = {
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(cls)
        }
        return cls(**columns)
