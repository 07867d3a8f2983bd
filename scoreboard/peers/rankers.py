"""Peers that only rank the catalogue, from likes alone (ratings of at least four stars).

Each returns scores, float [U, N], users and movies as in the task of the question.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoreboard.measuring.answers import Question
from scoreboard.peers.training_ratings import TrainingRatings

Scores = NDArray[np.floating]

_EASE_L2: Final = 200.0  # Steck's grid on MovieLens 20M ends at 500; these data are far smaller
_NEIGHBOURS: Final = 100
_ALS_OPTIONS: Final = {"factors": 64, "regularization": 5.0, "alpha": 10.0, "iterations": 20}


def most_popular(question: Question, _: int) -> Scores:
    """Scores movies by their likes, the same for all users."""
    likes = _count(TrainingRatings.of(question.rated).likes())
    return np.broadcast_to(likes, (len(question.task.user_ids), len(likes)))


def ease(question: Question, _: int) -> Scores:
    """EASE: Steck, "Embarrassingly shallow autoencoders for sparse data" (2019), eq. 8.

    B = I - P diag(1 / P_ii) with P = (X'X + l2 I)^-1. Movies without a like are left out of the
    inverse, because nothing is known of them.
    """
    ratings = TrainingRatings.of(question.rated)
    likes = ratings.likes()
    known = np.flatnonzero(_count(likes))
    liked = likes[:, known]
    gram = (liked.T @ liked).toarray()
    gram[np.diag_indices_from(gram)] += _EASE_L2
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return _spread(liked[ratings.rows_of(question.task)] @ weights, known, likes.shape[1])


def item_knn(question: Question, _: int) -> Scores:
    """Item k-nearest neighbours: sum of the cosines of likes to a movie's 100 nearest movies."""
    ratings = TrainingRatings.of(question.rated)
    likes = ratings.likes()
    known = np.flatnonzero(_count(likes))
    liked = likes[:, known]
    lengths = np.sqrt(_count(liked))
    cosines = (liked.T @ liked).toarray() / lengths / lengths[:, np.newaxis]
    np.fill_diagonal(cosines, 0.0)
    if len(known) > _NEIGHBOURS:
        border = np.partition(cosines, -_NEIGHBOURS, axis=1)[:, -_NEIGHBOURS, np.newaxis]
        cosines[cosines < border] = 0.0
    return _spread(liked[ratings.rows_of(question.task)] @ cosines.T, known, likes.shape[1])


def implicit_als(question: Question, seed: int) -> Scores:
    """Implicit ALS: Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback", 2008."""
    from implicit.als import AlternatingLeastSquares

    ratings = TrainingRatings.of(question.rated)
    als = AlternatingLeastSquares(**_ALS_OPTIONS, random_state=seed, num_threads=2)
    als.fit(ratings.likes().astype(np.float32), show_progress=False)
    users: Scores = als.user_factors[ratings.rows_of(question.task)]
    scores: Scores = users @ als.item_factors.T
    return scores


def _count(likes: Any) -> NDArray[np.float64]:
    """Returns the likes of each movie, [N]."""
    return np.asarray(likes.sum(axis=0)).ravel()


def _spread(scores: Scores, known: NDArray[np.intp], movies: int) -> Scores:
    """Returns the scores of the known movies among all movies; the others come last."""
    spread = np.full((len(scores), movies), scores.min(initial=0.0) - 1.0)
    spread[:, known] = scores
    return spread
