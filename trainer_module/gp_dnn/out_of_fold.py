"""Histories and folds, so that no train row is described by what its own label went into.

Every user's ratings are cut into folds. A row of fold k is described by statistics fitted without
fold k and by a history without it. Cut by time, a fold is one stretch of each user's ratings, and
the history only what came before: just as a test row stands to what is known when it is predicted.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.data.ratings import Ratings

FOLDS: Final = 10
# Spreads the folds over the users' stretches: each fold has some users' first and others' last.
_STEP: Final = 3


class Questions(NamedTuple):
    """Candidates to be described for users known by histories.

    Attributes:
        rows: int64 [U, H], histories as catalogue rows, most recent first, 0 pads.
        stars: float32 [U, H].
        candidates: int64 [U, (C)], catalogue rows.
        answers: float32 [sum of C], the stars given to the candidates.
    """

    rows: NDArray[np.int64]
    stars: NDArray[np.float32]
    candidates: tf.RaggedTensor
    answers: NDArray[np.float32]


def questions(history: Ratings, asked: Ratings, max_history: int) -> Questions:
    """Every asked rating, with all of the history's ratings by the same user.

    Args:
        history: What is known.
        asked: What is to be predicted.
        max_history: The most recent ratings that are kept.
    """
    users, user = asked.codes()
    rows, stars = histories(history, users, max_history)
    candidates = tf.RaggedTensor.from_value_rowids(asked.rows, user, nrows=len(users))
    return Questions(rows, stars, candidates, asked.stars.astype(np.float32))


def folds_by_time(ratings: Ratings) -> Iterator[tuple[Ratings, Ratings, Ratings]]:
    """Parts ratings into (fitted on, known, asked) for each fold; known is what came before."""
    place, count = _place_and_count(ratings)
    block = place * FOLDS // count
    _, user = ratings.codes()
    fold = (block + _STEP * user) % FOLDS
    for number in range(FOLDS):
        asked = fold == number
        first = (number - _STEP * user) % FOLDS  # the block of each rating's user that is asked
        if asked.any():
            yield ratings.at(~asked), ratings.at(block < first), ratings.at(asked)


def folds_by_hash(ratings: Ratings) -> Iterator[tuple[Ratings, Ratings, Ratings]]:
    """Parts ratings into (fitted on, known, asked) for each fold; known is all but the fold."""
    mixed = ratings.user_ids * 2_654_435_761 + ratings.movie_ids * 40_503
    fold = mixed % 1_000_003 // 7 % FOLDS
    for number in range(FOLDS):
        asked = fold == number
        if asked.any():
            yield ratings.at(~asked), ratings.at(~asked), ratings.at(asked)


def histories(
    known: Ratings, users: NDArray[np.int64], max_history: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The most recent ratings of each user.

    Args:
        known: Of these users and of others.
        users: int64 [U], rising.
        max_history: At most so many.

    Returns:
        Catalogue rows int64 [U, H], the most recent first, 0 padding; and stars float32 [U, H]. H
        is at least 1, though nothing be known of anybody.
    """
    place, count = _place_and_count(known)
    back = count - 1 - place  # 0 is the most recent
    user = np.minimum(np.searchsorted(users, known.user_ids), len(users) - 1)
    kept = (back < max_history) & (users[user] == known.user_ids)
    width = int(back[kept].max(initial=0)) + 1
    rows = np.zeros((len(users), width), np.int64)
    stars = np.zeros((len(users), width), np.float32)
    rows[user[kept], back[kept]] = known.rows[kept]
    stars[user[kept], back[kept]] = known.stars[kept]
    return rows, stars


def _place_and_count(ratings: Ratings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each rating, how many of its user's came before, and how many there are."""
    _, starts, user, counts = np.unique(
        ratings.user_ids, return_index=True, return_inverse=True, return_counts=True
    )
    return np.arange(len(ratings)) - starts[user], counts[user]
