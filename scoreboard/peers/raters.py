"""Peers that predict stars: the user + item bias, and scikit-surprise's algorithms."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoreboard.data.rated_movies import RatedMovies
from scoreboard.measuring.metrics import Predictions
from scoreboard.peers.optional import optional
from scoreboard.peers.ratings_matrix import RatingsMatrix
from transform_module import features

_MOVIE_DAMPING: Final = 3.0
_USER_DAMPING: Final = 5.0


def user_item_bias(rated: RatedMovies, _: int) -> Predictions:
    """Damped movie mean plus damped mean residual of the user, fitted one after the other.

    Source: Koren, Bell & Volinsky, "Matrix factorization techniques" (2009), eq. 3.
    """
    matrix = RatingsMatrix.of(rated)
    mean = matrix.ratings.mean()
    movie_mean = mean + _damped_mean(
        matrix.movies, matrix.ratings - mean, len(matrix.movie_ids), _MOVIE_DAMPING
    )
    user_bias = _damped_mean(
        matrix.users,
        matrix.ratings - movie_mean[matrix.movies],
        len(matrix.user_ids),
        _USER_DAMPING,
    )
    test = rated.test_rows()
    user = np.searchsorted(matrix.user_ids, test["user_id"])
    known = np.isin(test["user_id"], matrix.user_ids)
    bias = np.where(known, user_bias[np.minimum(user, len(user_bias) - 1)], 0.0)
    return of_stars(test, movie_mean[rated.movies.positions(test["movie_id"])] + bias)


def surprise_rater(make: Callable[[Any, int], Any]) -> Callable[[RatedMovies, int], Predictions]:
    """A peer out of scikit-surprise.

    Args:
        make: Makes the algorithm from the module `surprise` and a seed.

    Returns:
        What fits it to the ratings that are not test, and predicts test.
    """

    def fit_and_predict(rated: RatedMovies, seed: int) -> Predictions:
        surprise = optional("surprise", "scikit-surprise")
        matrix = RatingsMatrix.of(rated)
        reader = surprise.Reader(rating_scale=(features.MIN_RATING, features.MAX_RATING))
        triples = zip(
            matrix.user_ids[matrix.users].tolist(),
            matrix.movie_ids[matrix.movies].tolist(),
            matrix.ratings.tolist(),
            [None] * len(matrix.ratings),
            strict=True,
        )
        data = surprise.Dataset(reader)
        algorithm = make(surprise, seed)
        algorithm.fit(data.construct_trainset(list(triples)))
        test = rated.test_rows()
        pairs = zip(test["user_id"].tolist(), test["movie_id"].tolist(), strict=True)
        return of_stars(test, np.array([algorithm.predict(*pair).est for pair in pairs]))

    return fit_and_predict


def of_stars(test: NDArray[np.void], stars: NDArray[np.floating]) -> Predictions:
    """Predictions of a model that only knows stars, which then rank too."""
    clipped = np.clip(stars, features.MIN_RATING, features.MAX_RATING)
    return Predictions(
        user_ids=test["user_id"],
        movie_ids=test["movie_id"],
        ratings=test["rating"],
        predicted_ratings=clipped,
        liked_scores=stars,
    )


def _damped_mean(
    keys: NDArray[np.int64], values: NDArray[np.floating], size: int, damping: float
) -> NDArray[np.float64]:
    sums = np.bincount(keys, weights=values, minlength=size)
    means: NDArray[np.float64] = sums / (np.bincount(keys, minlength=size) + damping)
    return means
