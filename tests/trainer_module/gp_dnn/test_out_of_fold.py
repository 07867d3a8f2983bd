"""Folds, and the rows that the head learns from: every rating, described without its own fold."""

from collections.abc import Callable, Iterator
from typing import Any, get_args

import numpy as np
import pytest
import tensorflow as tf

from tests.support.small_catalogue import small_tables
from tests.support.small_ratings import random_ratings, ratings_of
from tests.support.world import small_config
from trainer_module.config import FoldsBy
from trainer_module.data.ratings import Ratings
from trainer_module.data.training_data import TrainingData
from trainer_module.gp_dnn import out_of_fold
from trainer_module.gp_dnn.content_vectors import TitleVectors
from trainer_module.gp_dnn.movie_profile import FittedProfiles
from trainer_module.gp_dnn.out_of_fold import (
    FOLDS,
    DescribedRatings,
    describe_ratings,
    folds_by_hash,
    folds_by_time,
    histories,
)
from trainer_module.gp_dnn.pair_features import pair_features_of_user
from transform_module import features

Folds = Callable[[Ratings], Iterator[tuple[Ratings, Ratings, Ratings]]]

EITHER = pytest.mark.parametrize("folds", [folds_by_time, folds_by_hash])
MANY = random_ratings(20, 60, share=0.5)


def keys(ratings: Ratings) -> list[tuple[int, int]]:
    return list(zip(ratings.user_ids.tolist(), ratings.rows.tolist(), strict=True))


def seconds_by_user(ratings: Ratings) -> dict[int, list[int]]:
    by_user: dict[int, list[int]] = {}
    for user, second in zip(ratings.user_ids.tolist(), ratings.timestamps.tolist(), strict=True):
        by_user.setdefault(user, []).append(second)
    return by_user


@EITHER
def test_every_rating_is_asked_for_exactly_once(folds: Folds) -> None:
    asked = [key for *_, part in folds(MANY) for key in keys(part)]
    assert len(asked) == len(set(asked)) == len(MANY)
    assert set(asked) == set(keys(MANY))


@EITHER
def test_statistics_are_fitted_to_all_ratings_but_the_fold_s(folds: Folds) -> None:
    for fitted_on, _, asked in folds(MANY):
        assert set(keys(fitted_on)) == set(keys(MANY)) - set(keys(asked))


@EITHER
def test_what_is_known_is_among_what_is_fitted_to_or_earlier(folds: Folds) -> None:
    for _, known, asked in folds(MANY):
        assert not set(keys(known)) & set(keys(asked))


@EITHER
def test_folds_are_about_equally_large(folds: Folds) -> None:
    sizes = [len(asked) for *_, asked in folds(MANY)]
    assert len(sizes) == FOLDS
    assert max(sizes) < 2 * min(sizes)


def test_by_time_what_is_known_is_all_that_came_before() -> None:
    for _, known, asked in folds_by_time(MANY):
        before, questions_at = seconds_by_user(known), seconds_by_user(asked)
        for user, times in seconds_by_user(MANY).items():
            if user in questions_at:
                first = min(questions_at[user])
                assert before.get(user, []) == [time for time in times if time < first]


def test_by_time_a_fold_is_one_stretch_of_each_user() -> None:
    places = {key: place for place, key in enumerate(keys(MANY))}
    for *_, asked in folds_by_time(MANY):
        by_user: dict[int, list[int]] = {}
        for key in keys(asked):
            by_user.setdefault(key[0], []).append(places[key])
        for found in by_user.values():
            assert found == list(range(found[0], found[0] + len(found)))


def test_by_time_a_fold_has_beginnings_and_ends_of_users() -> None:
    """So that statistics without it miss neither all that is early nor all that is late."""
    for _, known, _ in folds_by_time(MANY):
        shares = [
            len(times) / len(seconds_by_user(MANY)[user])
            for user, times in seconds_by_user(known).items()
        ]
        assert min(shares, default=0) < 0.5 or len(shares) < 20
        assert max(shares) > 0.5


def test_by_hash_what_is_known_is_all_but_the_fold() -> None:
    for fitted_on, known, _ in folds_by_hash(MANY):
        assert keys(known) == keys(fitted_on)


def test_by_hash_a_rating_keeps_its_fold_whatever_else_there_is() -> None:
    fold_of = {
        key: number for number, (*_, asked) in enumerate(folds_by_hash(MANY)) for key in keys(asked)
    }
    half = MANY.at(np.arange(len(MANY)) % 2 == 0)
    for number, (*_, asked) in enumerate(folds_by_hash(half)):
        assert {fold_of[key] for key in keys(asked)} == {number}


@EITHER
@pytest.mark.parametrize("count", [1, 3, 9])
def test_users_of_fewer_ratings_than_folds_are_asked_for_all_of_them(
    folds: Folds, count: int
) -> None:
    ratings = ratings_of((user, row, 4.0) for user in range(1, 4) for row in range(1, count + 1))
    asked = [key for *_, part in folds(ratings) for key in keys(part)]
    assert sorted(asked) == sorted(keys(ratings))


def test_histories_are_the_most_recent_ratings_the_latest_first() -> None:
    known = ratings_of([(1, 5, 1.0), (2, 7, 2.0), (1, 6, 3.0), (1, 8, 5.0), (3, 9, 4.0)])
    rows, stars = histories(known, np.array([1, 2, 4]), max_history=2)
    assert rows.tolist() == [[8, 6], [7, 0], [0, 0]]
    assert stars.tolist() == [[5.0, 3.0], [2.0, 0.0], [0.0, 0.0]]
    assert (rows.dtype, stars.dtype) == (np.int64, np.float32)


def test_histories_are_as_wide_as_the_longest_and_no_wider() -> None:
    known = ratings_of([(1, 5, 1.0), (1, 6, 3.0), (2, 7, 2.0)])
    assert histories(known, np.array([2]), max_history=100)[0].tolist() == [[7]]


TRAIN, EVAL = random_ratings(30, 36, share=0.4), random_ratings(30, 40, share=0.05, seed=1)
MOVIES = small_tables(40).all_features()
TITLES = TitleVectors(MOVIES[features.TITLE_WORDS].numpy()[1:])


def described(
    train: Ratings = TRAIN, evaluation: Ratings | None = EVAL, **options: Any
) -> DescribedRatings:
    config = small_config("gp_dnn", **options)
    return describe_ratings(TrainingData(train, evaluation, list, list), MOVIES, TITLES, config)


@pytest.fixture(scope="module")
def plain() -> DescribedRatings:
    """The rows of the plain options."""
    return described()


@pytest.mark.parametrize("folds_by", get_args(FoldsBy))
def test_every_rating_is_described_once(folds_by: str) -> None:
    found = described(folds_by=folds_by)
    assert sorted(found.train.stars) == sorted(TRAIN.stars)
    np.testing.assert_array_equal(found.evaluation.stars, EVAL.stars)
    width = found.evaluation.inputs.shape[1]
    assert found.train.inputs.shape == (len(TRAIN), width)
    assert np.isfinite(found.train.inputs).all()


def test_a_row_is_the_description_of_its_user_and_its_movie(plain: DescribedRatings) -> None:
    for row in range(0, len(EVAL), 16):
        user = EVAL.user_ids[row]
        history, stars = histories(TRAIN, np.array([user]), small_config("gp_dnn").max_history)
        movie = plain.fitted.table.at([EVAL.rows[row]])
        expected = pair_features_of_user(
            tf.constant(history[0]), tf.constant(stars[0]), movie, plain.fitted
        )
        np.testing.assert_allclose(plain.evaluation.inputs[row], expected[0], atol=1e-4)


def test_what_serves_is_fitted_to_all_of_train(plain: DescribedRatings) -> None:
    counts = np.bincount(TRAIN.rows, minlength=41)
    np.testing.assert_allclose(plain.fitted.table.log_count, np.log1p(counts), rtol=1e-6)


def test_without_eval_there_is_nothing_to_be_judged_by() -> None:
    assert described(evaluation=None).evaluation is None


def test_of_too_many_rows_those_of_some_users_are_described_whole(plain: DescribedRatings) -> None:
    some = described(max_learned_rows=len(TRAIN) // 3)
    assert 0 < len(some.train.stars) < len(TRAIN)
    kept = {row.tobytes() for row in some.train.inputs}
    assert kept < {row.tobytes() for row in plain.train.inputs}
    np.testing.assert_array_equal(some.evaluation.inputs, plain.evaluation.inputs)


def test_no_more_folds_are_fitted_than_it_takes_to_have_enough_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A quarter of the rows are in three folds of ten, if most users are asked for theirs."""
    fitted_on = []
    real = out_of_fold.fit_profiles

    def fit_profiles(ratings: Ratings, *others: Any) -> FittedProfiles:
        fitted_on.append(len(ratings))
        return real(ratings, *others)

    monkeypatch.setattr(out_of_fold, "fit_profiles", fit_profiles)
    found = described(max_learned_rows=len(TRAIN) // 4)
    assert len(fitted_on) == 3 + 1
    assert fitted_on[-1] == len(TRAIN)
    assert len(TRAIN) / 8 < len(found.train.stars) < len(TRAIN) / 2


def test_of_too_many_eval_rows_those_of_some_users_are_described(plain: DescribedRatings) -> None:
    some = described(max_learned_rows=len(EVAL) // 2).evaluation
    assert 0 < len(some.stars) < len(EVAL)
    kept = {row.tobytes() for row in some.inputs}
    assert kept < {row.tobytes() for row in plain.evaluation.inputs}


@pytest.mark.parametrize("evaluation", [EVAL, None])
def test_rows_of_train_and_eval_go_together(evaluation: Ratings | None) -> None:
    found = described(evaluation=evaluation)
    parts = [part for part in (found.train, found.evaluation) if part is not None]
    together = found.together()
    np.testing.assert_array_equal(together.stars, np.concatenate([part.stars for part in parts]))
    np.testing.assert_array_equal(together.inputs, np.concatenate([part.inputs for part in parts]))


def test_a_limit_that_leaves_nobody_is_said_to_do_so() -> None:
    with pytest.raises(ValueError, match=r"max_learned_rows leaves no user.*Received: 1"):
        described(max_learned_rows=1)
