"""Which movies are watched by the same people, the order of `recommend`: EASE, cut to a low rank.

Source: Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data". With X the users x movies
matrix of who rated what, and P = (X'X + damping I)^-1,

    B_ij = -P_ij / P_jj,  B_jj = 0

weighs movie i of a history in the score of movie j. Kept as the best factors of rank r, two vectors
a movie, which serve by a matrix product and predict later likes no worse than B itself.
"""

import dataclasses
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.config import TrainerConfig
from trainer_module.data.ratings import Ratings
from trainer_module.export import ranking
from trainer_module.truncated_svd import right_factors
from transform_module import features

_COLUMNS_AT_ONCE = 1000  # of X'X, which is dense but comes as a sparse matrix


@dataclasses.dataclass(frozen=True)
class ItemWeights:
    """The factors of B over the movies that it covers: B is about `outgoing @ incoming.T`."""

    rows: NDArray[np.int64]  # [m], increasing catalogue rows
    outgoing: NDArray[np.float32]  # [m, r], of a movie as part of a history
    incoming: NDArray[np.float32]  # [m, r], of a movie as a candidate


def fit_ease(ratings: Ratings, config: TrainerConfig) -> ItemWeights:
    """Fits the weights to ratings, however many stars they gave.

    Time grows with the ratings and with the cube of the covered movies, memory with their square.
    There are at most `config.affinity_movies` of them.
    """
    covered = covered_movies(ratings.rows, config)
    weights = ease_weights(ratings.user_ids, ratings.rows, covered, config.affinity_damping)
    outgoing, incoming = low_rank(weights, config.affinity_rank)
    return ItemWeights(covered, outgoing, incoming)


def covered_movies(movies: NDArray[np.int64], config: TrainerConfig) -> NDArray[np.int64]:
    """The most rated movies with at least `config.affinity_min_ratings`, in increasing order."""
    counts = np.bincount(movies)
    order = np.argsort(-counts, kind="stable")[: config.affinity_movies]
    return np.sort(order[counts[order] >= config.affinity_min_ratings]).astype(np.int64)


def ease_weights(
    users: NDArray[np.int64], movies: NDArray[np.int64], covered: NDArray[np.int64], damping: float
) -> NDArray[np.float32]:
    """B over the covered movies, float32 [m, m].

    >>> users, movies = np.array([1, 1, 2]), np.array([1, 2, 1])
    >>> print(ease_weights(users, movies, covered=np.array([1, 2]), damping=1.0).round(3))
    [[0.    0.333]
     [0.5   0.   ]]
    """
    kept = np.isin(movies, covered)
    columns = np.searchsorted(covered, movies[kept])
    rows = np.unique(users[kept], return_inverse=True)[1]
    shape = (rows.max(initial=-1) + 1, len(covered))
    seen = scipy.sparse.csc_array((np.ones(len(rows), np.float32), (rows, columns)), shape)
    gram = np.empty((len(covered), len(covered)), np.float32)
    for start in range(0, len(covered), _COLUMNS_AT_ONCE):
        some = slice(start, start + _COLUMNS_AT_ONCE)
        gram[:, some] = (seen.T @ seen[:, some]).toarray()
    gram[np.diag_indices_from(gram)] += damping
    precision = scipy.linalg.inv(gram, overwrite_a=True, check_finite=False, assume_a="pos")
    weights: NDArray[np.float32] = np.divide(precision, -np.diag(precision), out=precision)
    np.fill_diagonal(weights, 0.0)
    return weights


def low_rank(
    weights: NDArray[np.float32], rank: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Factors [m, r] each whose product comes closest to the weights; r is below m."""
    incoming, _ = right_factors(weights, min(rank, max(len(weights) - 1, 0)))
    return weights @ incoming, incoming


class Affinity(tf.Module):
    """Scores the catalogue by the liked movies of a history.

    A predicted rating says how much a user would like a movie once watched, not whether the user
    would pick it. What people watch together predicts that. A liked movie counts
    1 / (1 + position / decay), where the most recent movie has position 0, because taste changes.
    There is a score for each movie in rows 1 to N of the catalogue's tables.
    """

    def __init__(self, weights: ItemWeights, movies: int, decay: float) -> None:
        super().__init__()
        # The place among the covered movies of each row of the catalogue, from 1; 0 for none.
        places = np.zeros(movies + 1, np.int64)
        places[weights.rows] = np.arange(1, len(weights.rows) + 1)
        self._places = _variable(places, "places")
        self._outgoing = _variable(np.pad(weights.outgoing, [(1, 0), (0, 0)]), "outgoing")
        self._incoming = _variable(weights.incoming, "incoming")
        self._decay = decay

    def scores(self, rows: tf.Tensor, ratings: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Scores every movie for histories [B, H], most recent first; row 0 is no movie.

        Returns:
            float32 [B, N], at least `ranking.PADDING_SCORE`; 0 for a movie that the weights do not
            cover. And bool [B]: whether the history has a like that they cover, without which all
            scores are 0.
        """
        places = tf.gather(self._places, rows)
        liked = (places > 0) & (ratings >= features.LIKED_THRESHOLD)
        position = tf.range(tf.shape(rows)[1], dtype=tf.float32)
        weight = tf.cast(liked, tf.float32) / (1.0 + position / self._decay)
        profile = tf.einsum("bh,bhr->br", weight, tf.gather(self._outgoing, places))
        scores = tf.matmul(profile, self._incoming, transpose_b=True)
        scores = tf.maximum(scores, ranking.PADDING_SCORE)
        of_catalogue = tf.gather(tf.pad(scores, [[0, 0], [1, 0]]), self._places[1:], axis=1)
        return of_catalogue, tf.reduce_any(liked, axis=1)


def _variable(values: NDArray[Any], name: str) -> tf.Variable:
    return tf.Variable(values, trainable=False, name=name)
