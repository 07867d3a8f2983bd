"""Ratings as arrays, in the order in which each user gave them."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transform_module import features

COLUMNS = (features.USER_ID, features.MOVIE_ID, features.RATING, features.TIMESTAMP)


@dataclasses.dataclass(frozen=True)
class Ratings:
    """n ratings, sorted by user, time and movie."""

    user_ids: NDArray[np.int64]  # int64 [n], rising
    movie_ids: NDArray[np.int64]  # int64 [n]
    rows: NDArray[np.int64]  # int64 [n], catalogue rows of the movies, from 1
    stars: NDArray[np.float64]  # float64 [n]
    timestamps: NDArray[np.int64]  # int64 [n], seconds

    @classmethod
    def from_columns(
        cls, columns: Mapping[str, NDArray[Any]], catalogue_ids: NDArray[np.int64]
    ) -> Self:
        """Sorts ratings: `COLUMNS` by name, [n] each, in any order.

        Catalogue ids are int64 [N], rising: the movies of rows 1 to N.

        Raises:
            ValueError: A rated movie is not in the catalogue.
        """
        users, movies, stars, timestamps = (columns[name] for name in COLUMNS)
        position = np.searchsorted(catalogue_ids, movies)
        known = np.append(catalogue_ids, features.PADDING_ID)[position] == movies
        if not known.all():
            raise ValueError(
                f"Movies are rated that the catalogue lacks: {np.unique(movies[~known])[:5]}. "
                f"Check that split {features.SPLIT_CATALOGUE!r} comes of the same ingestion."
            )
        return cls(
            users.astype(np.int64),
            movies.astype(np.int64),
            position.astype(np.int64) + 1,
            stars.astype(np.float64),
            timestamps.astype(np.int64),
        )._sorted()

    @classmethod
    def concatenated(cls, parts: Iterable[Self]) -> Self:
        """All ratings of several, sorted."""
        columns = zip(*(part._columns() for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))._sorted()

    def at(self, chosen: NDArray[Any]) -> Self:
        """The ratings at some positions, or where a mask [n] holds."""
        return type(self)(*(column[chosen] for column in self._columns()))

    def codes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The distinct users, int64 [U], rising, and each rating's position among them, [n]."""
        is_first = np.diff(self.user_ids, prepend=self.user_ids[:1] - 1) > 0
        return self.user_ids[is_first], np.cumsum(is_first) - 1

    def __len__(self) -> int:
        return len(self.rows)

    def _sorted(self) -> Self:
        return self.at(np.lexsort((self.movie_ids, self.timestamps, self.user_ids)))

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return tuple(getattr(self, field.name) for field in dataclasses.fields(self))
