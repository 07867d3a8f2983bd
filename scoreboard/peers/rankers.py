"""Peers that only rank the catalogue, from likes alone (ratings of at least four stars)."""

import numpy as np
from numpy.typing import NDArray

from scoreboard.measuring.catalogue_metrics import ListTask
from scoreboard.peers.optional import optional
from scoreboard.peers.ratings_matrix import RatingsMatrix

Scores = NDArray[np.floating]

_EASE_L2 = 200.0  # Steck's grid on MovieLens 20M ends at 500; these data are far smaller
_NEIGHBOURS = 100
_ALS_FACTORS, _ALS_L2, _ALS_ALPHA, _ALS_ITERATIONS = 64, 5.0, 10.0, 20


def most_popular(matrix: RatingsMatrix, task: ListTask, _: int) -> Scores:
    """The same list for all: movies by their likes."""
    likes = np.asarray(matrix.likes().sum(axis=0)).ravel()
    return np.broadcast_to(likes, (len(task.user_ids), len(likes)))


def ease(matrix: RatingsMatrix, task: ListTask, _: int) -> Scores:
    """EASE: Steck, "Embarrassingly shallow autoencoders for sparse data" (2019), eq. 8.

    B = I - P diag(1 / P_ii) with P = (X'X + l2 I)^-1; movies without a like are left out of the
    inverse, for nothing is known of them.
    """
    likes = matrix.likes()
    known = np.flatnonzero(np.asarray(likes.sum(axis=0)).ravel())
    liked = likes[:, known]
    gram = (liked.T @ liked).toarray()
    gram[np.diag_indices_from(gram)] += _EASE_L2
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return _spread(liked[matrix.rows_of(task)] @ weights, known, likes.shape[1])


def item_knn(matrix: RatingsMatrix, task: ListTask, _: int) -> Scores:
    """Item k-nearest neighbours: sum of the cosines of likes to a movie's 100 nearest movies."""
    likes = matrix.likes()
    known = np.flatnonzero(np.asarray(likes.sum(axis=0)).ravel())
    liked = likes[:, known]
    lengths = np.sqrt(np.asarray(liked.sum(axis=0)).ravel())
    cosines = (liked.T @ liked).toarray() / lengths / lengths[:, np.newaxis]
    np.fill_diagonal(cosines, 0.0)
    if len(known) > _NEIGHBOURS:
        border = np.partition(cosines, -_NEIGHBOURS, axis=1)[:, -_NEIGHBOURS, np.newaxis]
        cosines[cosines < border] = 0.0
    return _spread(liked[matrix.rows_of(task)] @ cosines.T, known, likes.shape[1])


def implicit_als(matrix: RatingsMatrix, task: ListTask, seed: int) -> Scores:
    """Implicit ALS: Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback" (2008).

    Raises:
        MissingPackageError: `implicit` is not installed.
    """
    als = optional("implicit.als", "implicit").AlternatingLeastSquares(
        factors=_ALS_FACTORS,
        regularization=_ALS_L2,
        alpha=_ALS_ALPHA,
        iterations=_ALS_ITERATIONS,
        random_state=seed,
        num_threads=2,
    )
    als.fit(matrix.likes().astype(np.float32), show_progress=False)
    users: Scores = als.user_factors[matrix.rows_of(task)]
    scores: Scores = users @ als.item_factors.T
    return scores


def _spread(scores: Scores, known: NDArray[np.intp], movies: int) -> Scores:
    """Scores of the known movies among those of all; the others come last."""
    spread = np.full((len(scores), movies), scores.min(initial=0.0) - 1.0)
    spread[:, known] = scores
    return spread
