"""The rows that the rating head learns from and is judged by: ratings, described out of fold."""

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from trainer_module.config import TrainerConfig
from trainer_module.data.inputs import Inputs
from trainer_module.data.ratings import Ratings
from trainer_module.data.training_data import TrainingData
from trainer_module.gp_dnn.movie_profile import FittedProfiles
from trainer_module.gp_dnn.out_of_fold import folds_by_hash, folds_by_time, questions
from trainer_module.gp_dnn.pair_features import describe
from trainer_module.gp_dnn.profile_fitting import fit_profiles
from trainer_module.gp_dnn.title_vectors import TitleVectors

# Users described at once: their features then take some 20 MB.
_USERS_AT_ONCE: Final = 512


class Rows(NamedTuple):
    """n ratings.

    Attributes:
        inputs: float32 [n, F], see `pair_features`.
        stars: float32 [n].
    """

    inputs: NDArray[np.float32]
    stars: NDArray[np.float32]

    @classmethod
    def concatenated(cls, parts: list[Self]) -> Self:
        """All rows of several.

        Raises:
            ValueError: There is none.
        """
        if not parts:
            raise ValueError(
                "No train row to learn from: trainer.max_learned_rows leaves no user. Raise it."
            )
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))


class DescribedRatings(NamedTuple):
    """All of `gp_dnn` that has a closed form.

    Attributes:
        fitted: The movies, fitted to all of train: what serves.
        train: Train rows, each described by what was fitted without its fold.
        evaluation: Eval rows, described as the model that serves would; None without eval.
    """

    fitted: FittedProfiles
    train: Rows
    evaluation: Rows | None


def describe_ratings(
    data: TrainingData, movies: Inputs, titles: TitleVectors, config: TrainerConfig
) -> DescribedRatings:
    """Fits the movies fold by fold and describes every rating.

    Time grows linearly with the ratings; of train rows as many are described as
    `config.max_learned_rows` allows, those of some users whole.

    Args:
        data: Train, and eval if there is one.
        movies: `CatalogueTables.all_features()`.
        titles: Of the same catalogue.
        config: How folds are cut, and the longest history.
    """
    folds = {"time": folds_by_time, "hash": folds_by_hash}[config.folds_by]
    share = config.max_learned_rows / len(data.train)
    train = [
        _describe(fit_profiles(fitted_on, movies, titles), known, some, config)
        for fitted_on, known, asked in folds(data.train)
        if len(some := _of_some_users(asked, share))
    ]
    fitted = fit_profiles(data.train, movies, titles)
    evaluation = None
    if data.evaluation is not None:
        evaluation = _describe(fitted, data.train, data.evaluation, config)
    return DescribedRatings(fitted, Rows.concatenated(train), evaluation)


def _describe(
    fitted: FittedProfiles, known: Ratings, asked: Ratings, config: TrainerConfig
) -> Rows:
    asks = questions(known, asked, config.max_history)
    inputs = [
        describe(
            asks.rows[start : start + _USERS_AT_ONCE],
            asks.stars[start : start + _USERS_AT_ONCE],
            fitted.table,
            asks.candidates[start : start + _USERS_AT_ONCE],
            fitted,
        ).values.numpy()
        for start in range(0, len(asks.rows), _USERS_AT_ONCE)
    ]
    return Rows(np.concatenate(inputs), asks.answers)


def _of_some_users(ratings: Ratings, share: float) -> Ratings:
    """The ratings of about a share of the users, drawn by a hash, the same in every fold."""
    if share >= 1.0:
        return ratings
    return ratings.at(ratings.user_ids * 2_654_435_761 % 2**32 < share * 2**32)
