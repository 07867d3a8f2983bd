"""The rows that the rating head learns from and is judged by, described out of fold.

Every user's ratings are cut into folds. A row of fold k is described by statistics fitted without
fold k and by a history without it, so that its own label is in none of its features. Cut by time, a
fold is one stretch of each user's ratings, and the history has only what came before it, as for a
test row.
"""

import itertools
import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.config import TrainerConfig
from trainer_module.data.inputs import Inputs
from trainer_module.data.ratings import Ratings
from trainer_module.data.training_data import TrainingData
from trainer_module.gp_dnn.content_vectors import TitleVectors
from trainer_module.gp_dnn.movie_profile import FittedProfiles, fit_profiles
from trainer_module.gp_dnn.pair_features import describe

FOLDS: Final = 10
# Spreads the folds over the users' stretches: each fold has some users' first and others' last.
_STEP: Final = 3
# Users described at once: their features then take some 20 MB.
_USERS_AT_ONCE: Final = 512


class Rows(NamedTuple):
    """n ratings."""

    inputs: NDArray[np.float32]  # [n, F], see `pair_features`
    stars: NDArray[np.float32]  # [n]


class DescribedRatings(NamedTuple):
    """All of `gp_dnn` that has a closed form."""

    fitted: FittedProfiles  # the movies, fitted to all of train, for serving
    train: Rows  # train rows, each described by what was fitted without its fold
    evaluation: Rows | None  # eval rows, described as at serving; None without eval

    def together(self) -> Rows:
        """Train and eval rows to learn from: each was described without its own label."""
        parts = [rows for rows in (self.train, self.evaluation) if rows is not None]
        return Rows(*map(np.concatenate, zip(*parts, strict=True)))


def describe_ratings(
    data: TrainingData, movies: Inputs, titles: TitleVectors, config: TrainerConfig
) -> DescribedRatings:
    """Fits the movies fold by fold and describes every rating.

    At most about `config.max_learned_rows` rows of a split are described: all eval rows of some
    users, and all train rows of some users in as few folds as it takes. So however many ratings
    there are, each is fitted to a few times, and the time grows linearly with them. `movies` are
    `CatalogueTables.all_features()`.

    Raises:
        ValueError: `config.max_learned_rows` leaves no train row or no eval row.
    """
    folds = {"time": folds_by_time, "hash": folds_by_hash}[config.folds_by]
    folds_worth = FOLDS * config.max_learned_rows / len(data.train)
    asked_folds = min(FOLDS, math.ceil(folds_worth))
    train = [
        _describe(fit_profiles(fitted_on, movies, titles), known, some, config)
        for fitted_on, known, asked in itertools.islice(folds(data.train), asked_folds)
        if len(some := _of_some_users(asked, folds_worth / asked_folds))
    ]
    questions = data.evaluation
    if questions is not None:
        questions = _of_some_users(questions, config.max_learned_rows / len(questions))
    if not train or (questions is not None and not len(questions)):
        raise ValueError(
            "No row to learn from or to be judged by: trainer.max_learned_rows leaves no user. "
            f"Raise it. Received: {config.max_learned_rows}"
        )
    learned = Rows(*(np.concatenate(column) for column in zip(*train, strict=True)))
    fitted = fit_profiles(data.train, movies, titles)
    evaluation = None if questions is None else _describe(fitted, data.train, questions, config)
    return DescribedRatings(fitted, learned, evaluation)


def _describe(
    fitted: FittedProfiles, known: Ratings, asked: Ratings, config: TrainerConfig
) -> Rows:
    """Describes every asked rating by what is known of its user and its movie."""
    users, user = asked.codes()
    rows, stars = histories(known, users, config.max_history)
    candidates = tf.RaggedTensor.from_value_rowids(asked.rows, user, nrows=len(users))
    inputs = []
    for start in range(0, len(users), _USERS_AT_ONCE):
        some = slice(start, start + _USERS_AT_ONCE)
        described = describe(rows[some], stars[some], fitted.table, candidates[some], fitted)
        inputs.append(described.values.numpy())
    return Rows(np.concatenate(inputs), asked.stars.astype(np.float32))


def _of_some_users(ratings: Ratings, share: float) -> Ratings:
    """The ratings of about a share of the users, drawn by a hash, the same in every fold."""
    if share >= 1.0:
        return ratings
    return ratings.at(ratings.user_ids * 2_654_435_761 % 2**32 < share * 2**32)


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
    """The known ratings of each user, int64 [U], rising: at most `max_history`, the most recent.

    Returns:
        Catalogue rows int64 [U, H], the most recent first, 0 padding; and stars float32 [U, H]. H
        is at least 1, even if no user has a rating.
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
    _, user = ratings.codes()
    counts = np.bincount(user)
    starts = np.cumsum(counts) - counts
    return np.arange(len(ratings)) - starts[user], counts[user]
