"""Ratings written as tuples, for tests of what is fitted to them."""

from collections.abc import Iterable

import numpy as np

from trainer_module.data.ratings import Ratings

_Row = tuple[int, int, float]


def ratings_of(rows: Iterable[_Row]) -> Ratings:
    """Ratings as (user, catalogue row, stars), each a second after the one before it.

    A movie's id is ten times its row.
    """
    table = np.array(list(rows), np.float64).reshape(-1, 3)
    users, movies = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    order = np.argsort(users, kind="stable")
    seconds = np.arange(len(table))
    return Ratings(users, 10 * movies, movies, table[:, 2], seconds).at(order)


def random_ratings(users: int, movies: int, share: float, seed: int = 0) -> Ratings:
    """Ratings of a random share of all pairs, in random order; at least one a user."""
    random = np.random.default_rng(seed)
    is_rated = random.random((users, movies)) < share
    is_rated[np.arange(users), random.integers(movies, size=users)] = True
    pairs = random.permutation(np.argwhere(is_rated) + 1)
    return ratings_of((*pair, random.integers(1, 11) / 2) for pair in pairs.tolist())
