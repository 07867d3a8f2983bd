"""The rows that metrics are computed from: test ratings and what a model predicts for them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from movielens.formulas import (
    RankedUsers,
    area_under_roc_curve,
    mean_absolute_error,
    rank_users,
    root_mean_squared_error,
)
from movielens.jackknife import Estimate, Users, auc_without_each, mean_without_each


@dataclass(frozen=True, kw_only=True)
class RatedRows:
    """Parallel arrays with one entry for each test rating: 33 bytes a row, 25 without movies."""

    user_ids: NDArray[np.int64]  # [n]
    movie_ids: NDArray[np.int64]  # [n]; empty if the rows are not whole users
    ratings: NDArray[np.float32]  # [n], the user's stars
    liked: NDArray[np.bool_]  # [n], the binary label
    predicted_ratings: NDArray[np.float32]  # [n], the model's stars
    liked_scores: NDArray[np.float32]  # [n], the model's probability of a like
    bias_ratings: NDArray[np.float32]  # [n], the bias baseline's stars

    def __len__(self) -> int:
        return len(self.ratings)

    @property
    def has_whole_users(self) -> bool:
        """Whether the rows are all test ratings of their users, so that they can be ranked."""
        return len(self.movie_ids) == len(self)

    @cached_property
    def owners(self) -> Users:
        """The user of each row."""
        return Users.of(self.user_ids)

    @cached_property
    def users(self) -> RankedUsers | None:
        """The users with their rows ranked by `liked_scores`; None for parts of users."""
        if not self.has_whole_users:
            return None
        return rank_users(self.user_ids, self.movie_ids, self.liked_scores, self.liked)

    @cached_property
    def count(self) -> Estimate:
        """How many rows there are."""
        return Estimate.without_error(float(len(self)))

    @cached_property
    def rmse(self) -> Estimate:
        """The root mean squared error of the predicted ratings, in stars."""
        value = root_mean_squared_error(self.ratings, self.predicted_ratings)
        squares = mean_without_each(np.square(self._errors), self.owners)
        return Estimate(value, np.sqrt(squares))

    @cached_property
    def mae(self) -> Estimate:
        """The mean absolute error of the predicted ratings, in stars."""
        value = mean_absolute_error(self.ratings, self.predicted_ratings)
        return Estimate(value, mean_without_each(np.abs(self._errors), self.owners))

    @cached_property
    def auc(self) -> Estimate:
        """The area under the ROC curve of `liked_scores`; NaN if all rows are of one kind."""
        value = area_under_roc_curve(self.liked, self.liked_scores)
        return Estimate(value, auc_without_each(self.liked, self.liked_scores, self.owners))

    @cached_property
    def by_baseline(self) -> Self:
        """The same rows, with the bias baseline in the model's place."""
        return replace(self, predicted_ratings=self.bias_ratings, liked_scores=self.bias_ratings)

    def take(self, rows: NDArray[np.intp], *, whole_users: bool) -> Self:
        """Returns the rows at these positions [m].

        Parts of users, such as their ratings of comedies, lose the movies: this saves memory and
        rules out a ranking of these parts.
        """
        taken = {field.name: getattr(self, field.name)[rows] for field in fields(self)}
        if not whole_users:
            taken["movie_ids"] = self.movie_ids[:0]
        return type(self)(**taken)

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Returns all rows of `parts`, in order. All are of whole users, or none is."""
        return cls(
            **{
                field.name: np.concatenate([getattr(part, field.name) for part in parts])
                for field in fields(cls)
            }
        )

    @property
    def _errors(self) -> NDArray[np.float64]:
        return self.predicted_ratings.astype(np.float64) - self.ratings
