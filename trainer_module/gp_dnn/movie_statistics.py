"""Statistics of each movie: biases that fall back on content, and shares of the scale.

The bias of movie i for a target t (the stars, or an event such as "at least four stars"), with
users' biases b_u, content c_i and popularity in it:

    prior_i = c_i . w,  w by ridge regression of the movies' mean residuals
    b_i = (sum over raters of (t_ui - mean - b_u) + damping * prior_i) / (n_i + damping)
    b_u = (sum over the user's movies of (t_ui - mean - b_i)) / (n_u + user damping)

in turns. It is the bias of Koren, Bell & Volinsky 2009, shrunk not to zero but to that of similar
movies, since one movie in five of a test split has no train rating.
"""

import dataclasses
from typing import Final

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from trainer_module.data.ratings import Ratings
from transform_module import features

Floats = NDArray[np.float64]

# Targets are the stars, then the events of at least so many stars.
EVENTS: Final = (features.LIKED_THRESHOLD, 5.0, 3.0)
TARGETS: Final = 1 + len(EVENTS)
_LOW_RATING: Final = 2.5

# Tuned on the eval ratings of `temporal`; damping in ratings.
_MOVIE_DAMPING: Final = 10.24
_USER_DAMPING: Final = 5.0
_RIDGE: Final = 80.0
_ROUNDS: Final = 6
_SHARE_DAMPING: Final = 5.0


@dataclasses.dataclass(frozen=True)
class MovieStatistics:
    """Statistics of M movies over n ratings."""

    means: Floats  # float64 [TARGETS], of each target over all ratings
    prior_weights: Floats  # float64 [P, TARGETS], from content and popularity to a bias's prior
    biases: Floats  # float64 [M, TARGETS]
    counts: Floats  # float64 [M], ratings
    like_shares: Floats  # float64 [M], damped share of likes
    low_shares: Floats  # float64 [M], damped share of at most 2.5 stars
    mean_stars: Floats  # float64 [M], damped mean
    variances: Floats  # float64 [M], damped, of the stars around what movie and user explain
    residuals: Floats  # float64 [n], stars less mean, movie and user


def targets_of(stars: Floats) -> Floats:
    """The targets of n ratings, [n, TARGETS].

    >>> targets_of(np.array([4.5])).tolist()
    [[4.5, 1.0, 0.0, 1.0]]
    """
    return np.stack([stars, *(np.asarray(stars >= event, np.float64) for event in EVENTS)], axis=1)


def fit_statistics(ratings: Ratings, content: Floats) -> MovieStatistics:
    """Fits the statistics to ratings of movies 0 to M - 1, in time linear in their number.

    The content, float64 [M, C], is what is known of each movie without a rating.
    """
    rows, movies = ratings.rows, len(content)
    _, user = ratings.codes()
    targets = targets_of(ratings.stars)
    means = targets.mean(axis=0)
    centred = targets - means
    rated = by_user(ratings, np.ones(len(rows)), movies)
    of_users, of_movies = (
        _sums(keys, centred, size) for keys, size in zip((user, rows), rated.shape, strict=True)
    )
    user_counts = np.bincount(user)[:, np.newaxis]
    counts = np.bincount(rows, minlength=movies).astype(np.float64)
    design = with_popularity(content, counts)
    weights = (counts / (counts + _MOVIE_DAMPING))[:, np.newaxis] * design
    normal = weights.T @ design + _RIDGE * np.eye(design.shape[1])
    biases: Floats = np.zeros((movies, TARGETS))
    for _ in range(_ROUNDS):
        user_biases = (of_users - rated @ biases) / (user_counts + _USER_DAMPING)
        sums = of_movies - rated.T @ user_biases
        observed = sums / np.maximum(counts, 1.0)[:, np.newaxis]
        prior_weights = np.linalg.solve(normal, weights.T @ observed)
        pull = _MOVIE_DAMPING * (design @ prior_weights)
        biases = (sums + pull) / (counts[:, np.newaxis] + _MOVIE_DAMPING)
    residuals = centred[:, 0] - biases[rows, 0] - user_biases[user, 0]

    def damped(values: Floats) -> Floats:
        total = np.bincount(rows, values, minlength=movies) + _SHARE_DAMPING * values.mean()
        return np.asarray(total / (counts + _SHARE_DAMPING), np.float64)

    return MovieStatistics(
        means=means,
        prior_weights=np.asarray(prior_weights, np.float64),
        biases=biases,
        counts=counts,
        like_shares=damped(targets[:, 1]),
        low_shares=damped((ratings.stars <= _LOW_RATING).astype(np.float64)),
        mean_stars=damped(ratings.stars),
        variances=damped(np.square(residuals)),
        residuals=residuals,
    )


def with_popularity(content: Floats, counts: Floats) -> Floats:
    """Adds a parabola in the log of the counts [M] to the content [M, C]: [M, C + 2]."""
    log_counts = np.log1p(counts)[:, np.newaxis]
    return np.concatenate([content, log_counts, np.square(log_counts) / 5.0], axis=1)


def by_user(ratings: Ratings, values: Floats, movies: int) -> scipy.sparse.csr_array:
    """Values [n] of the ratings as a sparse matrix of their users and the movies 0 to M - 1."""
    _, user = ratings.codes()
    ends = np.cumsum(np.bincount(user))
    starts = np.concatenate([[0], ends])
    matrix = scipy.sparse.csr_array((values, ratings.rows, starts), shape=(len(ends), movies))
    return matrix.sorted_indices()  # a copy: SciPy would sort the ratings' own array in place


def _sums(keys: NDArray[np.int64], values: Floats, size: int) -> Floats:
    """Sums the rows of values [n, T] by key, [size, T]."""
    columns = [np.bincount(keys, column, minlength=size) for column in values.T]
    return np.stack(columns, axis=1)
