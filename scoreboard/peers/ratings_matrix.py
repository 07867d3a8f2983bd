"""The ratings that a peer learns from, by row and column."""

import dataclasses
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from movielens.constants import LIKED_THRESHOLD
from movielens.splits import TEST
from scoreboard.data.rated_movies import RatedMovies
from scoreboard.measuring.catalogue_metrics import ListTask
from scoreboard.peers.optional import optional


@dataclasses.dataclass(frozen=True, kw_only=True)
class RatingsMatrix:
    """Train and eval ratings: the peers choose nothing on eval, so that they may learn from it.

    Attributes:
        user_ids: int64 [U], ascending.
        movie_ids: int64 [N], ascending: the catalogue.
        users: [n], rows of the ratings.
        movies: [n], columns of the ratings.
        ratings: float64 [n], stars.
    """

    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    users: NDArray[np.int64]
    movies: NDArray[np.int64]
    ratings: NDArray[np.float64]

    @classmethod
    def of(cls, rated: RatedMovies) -> Self:
        """The ratings that are not test."""
        known = rated.rows[rated.codes != TEST]
        user_ids, users = np.unique(known["user_id"], return_inverse=True)
        return cls(
            user_ids=user_ids,
            movie_ids=rated.movies.movie_ids,
            users=users,
            movies=rated.movies.positions(known["movie_id"]),
            ratings=known["rating"].astype(np.float64),
        )

    def likes(self) -> Any:
        """scipy.sparse CSR float64 [U, N], 1 where the user gave at least four stars."""
        sparse = optional("scipy.sparse", "SciPy")
        liked = self.ratings >= LIKED_THRESHOLD
        shape = len(self.user_ids), len(self.movie_ids)
        positions = self.users[liked], self.movies[liked]
        return sparse.csr_matrix((np.ones(liked.sum()), positions), shape=shape)

    def rows_of(self, task: ListTask) -> NDArray[np.intp]:
        """Rows of the users that are to be given a list."""
        return np.searchsorted(self.user_ids, task.user_ids)
