"""The ratings that a peer learns from, by row and column."""

import dataclasses
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from movielens.constants import LIKED_THRESHOLD
from movielens.splits import TEST
from scoreboard.measuring.list_tasks import ListTask

if TYPE_CHECKING:
    from scoreboard.data.rated_movies import RatedMovies


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingRatings:
    """Train and eval ratings. Peers may learn from both, because they choose nothing on eval."""

    user_ids: NDArray[np.int64]  # [U], ascending
    movie_ids: NDArray[np.int64]  # [N], ascending: the catalogue
    users: NDArray[np.int64]  # [n], rows of the ratings
    movies: NDArray[np.int64]  # [n], columns of the ratings
    stars: NDArray[np.float64]  # [n]

    @classmethod
    def of(cls, rated: "RatedMovies") -> Self:
        """Returns the ratings that are not test."""
        known = rated.rows[rated.codes != TEST]
        user_ids, users = np.unique(known["user_id"], return_inverse=True)
        return cls(
            user_ids=user_ids,
            movie_ids=rated.movies.movie_ids,
            users=users,
            movies=rated.movies.positions(known["movie_id"]),
            stars=known["rating"].astype(np.float64),
        )

    def likes(self) -> Any:
        """Returns a sparse CSR matrix, float64 [U, N], 1 at ratings of at least four stars."""
        liked = self.stars >= LIKED_THRESHOLD
        shape = len(self.user_ids), len(self.movie_ids)
        return sparse.csr_matrix(
            (np.ones(liked.sum()), (self.users[liked], self.movies[liked])), shape=shape
        )

    def rows_of(self, task: ListTask) -> NDArray[np.intp]:
        """Returns the rows of the users who get a list."""
        return np.searchsorted(self.user_ids, task.user_ids)
