"""Peers that predict stars: the user + item bias, and scikit-surprise's algorithms."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from components.evaluator.rated_rows import RatedRows
from scoreboard.measuring.answers import Question, predicted_rows
from scoreboard.peers.training_ratings import TrainingRatings
from transform_module import features

_MOVIE_DAMPING: Final = 3.0
_USER_DAMPING: Final = 5.0


def user_item_bias(question: Question, _: int) -> RatedRows:
    """Damped movie mean plus damped mean residual of the user, fitted one after the other.

    Source: Koren, Bell & Volinsky, "Matrix factorization techniques" (2009), eq. 3.
    """
    known = TrainingRatings.of(question.rated)
    mean = known.stars.mean()
    movie_mean = mean + _damped_mean(
        known.movies, known.stars - mean, len(known.movie_ids), _MOVIE_DAMPING
    )
    user_bias = _damped_mean(
        known.users, known.stars - movie_mean[known.movies], len(known.user_ids), _USER_DAMPING
    )
    test = question.rated.test_rows()
    user = np.searchsorted(known.user_ids, test["user_id"])
    is_known = np.isin(test["user_id"], known.user_ids)
    bias = np.where(is_known, user_bias[np.minimum(user, len(user_bias) - 1)], 0.0)
    positions = question.rated.movies.positions(test["movie_id"])
    return _rows_of_stars(question, movie_mean[positions] + bias)


def svd(question: Question, seed: int) -> RatedRows:
    """Biased matrix factorisation: Koren, Bell & Volinsky (2009), eq. 5."""
    import surprise

    return _predicted(question, surprise, surprise.SVD(random_state=seed))


def svdpp(question: Question, seed: int) -> RatedRows:
    """SVD++: Koren, "Factorization meets the neighborhood" (2008), eq. 15."""
    import surprise

    return _predicted(question, surprise, surprise.SVDpp(random_state=seed, cache_ratings=True))


def knn_baseline(question: Question, _: int) -> RatedRows:
    """Item neighbours around a bias baseline: Koren, "Factor in the neighbors" (2010), sec. 2.2."""
    import surprise

    options = {"name": "pearson_baseline", "user_based": False}
    return _predicted(question, surprise, surprise.KNNBaseline(sim_options=options, verbose=False))


def _predicted(question: Question, surprise: Any, algorithm: Any) -> RatedRows:
    known = TrainingRatings.of(question.rated)
    triples = zip(
        known.user_ids[known.users].tolist(),
        known.movie_ids[known.movies].tolist(),
        known.stars.tolist(),
        [None] * len(known.stars),
        strict=True,
    )
    reader = surprise.Reader(rating_scale=(features.MIN_RATING, features.MAX_RATING))
    algorithm.fit(surprise.Dataset(reader).construct_trainset(list(triples)))
    test = question.rated.test_rows()
    pairs = zip(test["user_id"].tolist(), test["movie_id"].tolist(), strict=True)
    return _rows_of_stars(question, np.array([algorithm.predict(*pair).est for pair in pairs]))


def _rows_of_stars(question: Question, stars: NDArray[np.floating]) -> RatedRows:
    """Returns the rows of a model that predicts stars, which then rank too."""
    clipped = np.clip(stars, features.MIN_RATING, features.MAX_RATING)
    return predicted_rows(question.rated.test_rows(), clipped, stars)


def _damped_mean(
    keys: NDArray[np.int64], values: NDArray[np.floating], size: int, damping: float
) -> NDArray[np.float64]:
    sums = np.bincount(keys, weights=values, minlength=size)
    means: NDArray[np.float64] = sums / (np.bincount(keys, minlength=size) + damping)
    return means
