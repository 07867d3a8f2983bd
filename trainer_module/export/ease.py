"""Which movies are watched by the same people: EASE, cut to a low rank.

Source: Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data". With X the users x movies
matrix of who rated what, and P = (X'X + damping I)^-1,

    B_ij = -P_ij / P_jj,  B_jj = 0

weighs movie i of a history in the score of movie j. Kept as the best factors of rank r, two vectors
a movie, which serve by a matrix product and predict later likes no worse than B itself.
"""

import dataclasses

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

from trainer_module.config import TrainerConfig
from trainer_module.data.ratings import Ratings


@dataclasses.dataclass(frozen=True)
class ItemWeights:
    """The factors of B over the movies that it covers.

    Attributes:
        rows: int64 [m], increasing catalogue rows.
        outgoing: float32 [m, r]; of a movie as part of a history.
        incoming: float32 [m, r]; of a movie as a candidate: B is about `outgoing @ incoming.T`.
    """

    rows: NDArray[np.int64]
    outgoing: NDArray[np.float32]
    incoming: NDArray[np.float32]


def fit_ease(ratings: Ratings, config: TrainerConfig) -> ItemWeights:
    """Fits the weights to ratings, however many stars they gave.

    Time grows with the ratings and with the cube of the covered movies, of which
    `config.affinity_movies` bounds the number.

    Args:
        ratings: That the model learns from.
        config: The `affinity_...` options.
    """
    covered = covered_movies(ratings.rows, config)
    weights = ease_weights(ratings.user_ids, ratings.rows, covered, config.affinity_damping)
    outgoing, incoming = low_rank(weights, config.affinity_rank)
    return ItemWeights(covered, outgoing, incoming)


def covered_movies(movies: NDArray[np.int64], config: TrainerConfig) -> NDArray[np.int64]:
    """The movies with enough ratings to say anything: the most rated, in increasing order."""
    counts = np.bincount(movies)
    order = np.argsort(-counts, kind="stable")[: config.affinity_movies]
    return np.sort(order[counts[order] >= config.affinity_min_ratings]).astype(np.int64)


def ease_weights(
    users: NDArray[np.int64],
    movies: NDArray[np.int64],
    covered: NDArray[np.int64],
    damping: float,
) -> NDArray[np.float64]:
    """B over the covered movies, float64 [m, m].

    >>> users, movies = np.array([1, 1, 2]), np.array([1, 2, 1])
    >>> ease_weights(users, movies, covered=np.array([1, 2]), damping=1.0).round(3).tolist()
    [[0.0, 0.333], [0.5, 0.0]]
    """
    kept = np.isin(movies, covered)
    columns = np.searchsorted(covered, movies[kept])
    rows = np.unique(users[kept], return_inverse=True)[1]
    seen = scipy.sparse.csr_matrix(
        (np.ones(len(rows)), (rows, columns)), shape=(rows.max(initial=-1) + 1, len(covered))
    )
    gram: NDArray[np.float64] = (seen.T @ seen).toarray()
    precision = np.linalg.inv(gram + damping * np.eye(len(covered)))
    weights: NDArray[np.float64] = -precision / np.diag(precision)
    np.fill_diagonal(weights, 0.0)
    return weights


def low_rank(
    weights: NDArray[np.float64], rank: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Factors [m, r] each whose product comes closest to the weights; r is below m."""
    rank = min(rank, len(weights) - 1)
    if rank < 1:
        nothing = np.zeros((len(weights), 0), np.float32)
        return nothing, nothing
    left, values, right = scipy.sparse.linalg.svds(weights, k=rank, v0=np.ones(len(weights)))
    return (left * values).astype(np.float32), right.T.astype(np.float32)
