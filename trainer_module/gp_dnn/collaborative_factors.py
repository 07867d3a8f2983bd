"""Vectors of movies from who rated them and how: truncated SVDs of the ratings' matrix.

One SVD is of the residuals (who likes this more than expected, likes that too), the other of the
bare fact of having rated (who watches this, watches that). Users and movies are divided by about
the square root of their number of ratings, so that the busiest and the most popular count less.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer_module.data.ratings import Ratings
from trainer_module.gp_dnn.movie_statistics import Floats, MovieStatistics, by_user
from trainer_module.truncated_svd import right_factors

FACTORS: Final = 64

# Ratings added to a count under its square root. Tuned on the eval ratings of `temporal`.
_RESIDUAL_USER_DAMPING: Final = 10.0
_RESIDUAL_MOVIE_DAMPING: Final = 8.0
_SEEN_USER_DAMPING: Final = 1.0
_SEEN_MOVIE_DAMPING: Final = 5.0
# Brings the residuals' vectors to about the size of a taste, in stars.
_RESIDUAL_SCALE: Final = 3.0


def residual_factors(ratings: Ratings, statistics: MovieStatistics) -> NDArray[np.float32]:
    """By whom a movie is liked more than its bias says: float32 [M, FACTORS], zeros if unrated."""
    values = _RESIDUAL_SCALE * statistics.residuals
    return _right_factors(
        ratings, values, statistics.counts, _RESIDUAL_USER_DAMPING, _RESIDUAL_MOVIE_DAMPING
    )


def seen_factors(ratings: Ratings, statistics: MovieStatistics) -> NDArray[np.float32]:
    """By whom a movie is watched: float32 [M, FACTORS], shorter than 1, the shorter the fewer."""
    counts = statistics.counts
    vectors = _right_factors(
        ratings, np.ones(len(ratings)), counts, _SEEN_USER_DAMPING, _SEEN_MOVIE_DAMPING
    )
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    belief = np.sqrt(counts / (counts + _SEEN_MOVIE_DAMPING))[:, np.newaxis]
    believed: NDArray[np.float32] = vectors / lengths * belief
    return believed.astype(np.float32)


def _right_factors(
    ratings: Ratings, values: Floats, counts: Floats, user_damping: float, movie_damping: float
) -> NDArray[np.float32]:
    """Right singular vectors times their values of users x movies, [M, FACTORS]."""
    _, user = ratings.codes()
    user_scale = 1.0 / np.sqrt(np.bincount(user) + user_damping)
    movie_scale = 1.0 / np.sqrt(counts + movie_damping)
    scaled = values * user_scale[user] * movie_scale[ratings.rows]
    vectors, lengths = right_factors(by_user(ratings, scaled, len(counts)), FACTORS)
    return vectors * lengths
