import numpy as np
import pytest

from tests.support.small_ratings import random_ratings, ratings_of
from trainer_module.gp_dnn.out_of_fold import (
    FOLDS,
    folds_by_hash,
    folds_by_time,
    histories,
    questions,
)

EITHER = pytest.mark.parametrize("folds", [folds_by_time, folds_by_hash])
MANY = random_ratings(20, 60, share=0.5)


def keys(ratings):
    return list(zip(ratings.user_ids.tolist(), ratings.rows.tolist(), strict=True))


def seconds_by_user(ratings):
    by_user = {}
    for user, second in zip(ratings.user_ids.tolist(), ratings.timestamps.tolist(), strict=True):
        by_user.setdefault(user, []).append(second)
    return by_user


@EITHER
def test_every_rating_is_asked_for_exactly_once(folds):
    asked = [key for *_, part in folds(MANY) for key in keys(part)]
    assert len(asked) == len(set(asked)) == len(MANY)
    assert set(asked) == set(keys(MANY))


@EITHER
def test_statistics_are_fitted_to_all_ratings_but_the_fold_s(folds):
    for fitted_on, _, asked in folds(MANY):
        assert set(keys(fitted_on)) == set(keys(MANY)) - set(keys(asked))


@EITHER
def test_what_is_known_is_among_what_is_fitted_to_or_earlier(folds):
    for _, known, asked in folds(MANY):
        assert not set(keys(known)) & set(keys(asked))


@EITHER
def test_folds_are_about_equally_large(folds):
    sizes = [len(asked) for *_, asked in folds(MANY)]
    assert len(sizes) == FOLDS
    assert max(sizes) < 2 * min(sizes)


def test_by_time_what_is_known_is_all_that_came_before():
    for _, known, asked in folds_by_time(MANY):
        before, questions_at = seconds_by_user(known), seconds_by_user(asked)
        for user, times in seconds_by_user(MANY).items():
            if user in questions_at:
                first = min(questions_at[user])
                assert before.get(user, []) == [time for time in times if time < first]


def test_by_time_a_fold_is_one_stretch_of_each_user():
    places = {key: place for place, key in enumerate(keys(MANY))}
    for *_, asked in folds_by_time(MANY):
        by_user = {}
        for key in keys(asked):
            by_user.setdefault(key[0], []).append(places[key])
        for found in by_user.values():
            assert found == list(range(found[0], found[0] + len(found)))


def test_by_time_a_fold_has_beginnings_and_ends_of_users():
    """So that statistics without it miss neither all that is early nor all that is late."""
    for _, known, _ in folds_by_time(MANY):
        shares = [
            len(times) / len(seconds_by_user(MANY)[user])
            for user, times in seconds_by_user(known).items()
        ]
        assert min(shares, default=0) < 0.5 or len(shares) < 20
        assert max(shares) > 0.5


def test_by_hash_what_is_known_is_all_but_the_fold():
    for fitted_on, known, _ in folds_by_hash(MANY):
        assert keys(known) == keys(fitted_on)


def test_by_hash_a_rating_keeps_its_fold_whatever_else_there_is():
    fold_of = {
        key: number for number, (*_, asked) in enumerate(folds_by_hash(MANY)) for key in keys(asked)
    }
    half = MANY.at(np.arange(len(MANY)) % 2 == 0)
    for number, (*_, asked) in enumerate(folds_by_hash(half)):
        assert {fold_of[key] for key in keys(asked)} == {number}


@EITHER
@pytest.mark.parametrize("count", [1, 3, 9])
def test_users_of_fewer_ratings_than_folds_are_asked_for_all_of_them(folds, count):
    ratings = ratings_of((user, row, 4.0) for user in range(1, 4) for row in range(1, count + 1))
    asked = [key for *_, part in folds(ratings) for key in keys(part)]
    assert sorted(asked) == sorted(keys(ratings))


def test_histories_are_the_most_recent_ratings_the_latest_first():
    known = ratings_of([(1, 5, 1.0), (2, 7, 2.0), (1, 6, 3.0), (1, 8, 5.0), (3, 9, 4.0)])
    rows, stars = histories(known, np.array([1, 2, 4]), max_history=2)
    assert rows.tolist() == [[8, 6], [7, 0], [0, 0]]
    assert stars.tolist() == [[5.0, 3.0], [2.0, 0.0], [0.0, 0.0]]
    assert (rows.dtype, stars.dtype) == (np.int64, np.float32)


def test_histories_are_as_wide_as_the_longest_and_no_wider():
    known = ratings_of([(1, 5, 1.0), (1, 6, 3.0), (2, 7, 2.0)])
    assert histories(known, np.array([2]), max_history=100)[0].tolist() == [[7]]


def test_questions_go_with_their_answers_user_by_user():
    history = ratings_of([(1, 5, 1.0), (2, 7, 2.0)])
    asked = ratings_of([(2, 3, 0.5), (1, 4, 4.5), (2, 9, 5.0), (6, 1, 3.0)])
    found = questions(history, asked, max_history=3)
    assert found.rows.tolist() == [[5], [7], [0]]
    assert found.candidates.to_list() == [[4], [3, 9], [1]]
    assert found.answers.tolist() == [4.5, 0.5, 5.0, 3.0]
