from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from movielens.config import IngestConfig
from movielens.ratings import shard_of_user, uniform_by_pair
from movielens.splits import (
    EVAL,
    TEST,
    TRAIN,
    TimeCuts,
    assign_splits,
    pairs_sha256,
    rank_in_group,
    time_cuts,
)

REFERENCE_SHA256 = "ef08d6a538c3f22f0a7ec8b134f47ca586a6c0e758c303f98de769a0440bf0b8"
TEMPORAL_SHA256 = "beeb7034235357e0f0499f0dd007f782a5d61903c5a7420f14c825f385f83fc5"
Rows = npt.NDArray[np.void]


def split(rows: Rows, config: IngestConfig, cuts: TimeCuts | None = None) -> npt.NDArray[np.int8]:
    columns = (rows["user_id"], rows["movie_id"], rows["rating"], rows["timestamp"])
    return assign_splits(*columns, config, cuts)


def split_one_user(
    config: IngestConfig, movies: list[int], ratings: list[float], timestamps: list[int]
) -> list[int]:
    users = np.full(len(movies), 7)
    stars = np.array(ratings, np.float32)
    return assign_splits(users, np.array(movies), stars, np.array(timestamps), config).tolist()


@pytest.mark.parametrize(
    ("name", "sha256", "tested"),
    [("reference", REFERENCE_SHA256, 30_605), ("temporal", TEMPORAL_SHA256, 20_003)],
)
def test_real_data_split_as_published(
    real_ratings: Rows, name: Any, sha256: str, tested: int
) -> None:
    test = real_ratings[split(real_ratings, IngestConfig(split=name)) == TEST]
    assert len(test) == tested
    assert pairs_sha256(test["user_id"], test["movie_id"]) == sha256


def test_temporal_tests_the_last_fifth_and_chooses_on_the_tenth_before() -> None:
    # 20 ratings: round(.2 * 20) = 4 test; of the 16 left round(1.6) = 2 eval.
    times = list(range(20))
    codes = split_one_user(IngestConfig(), times, [3.0] * 20, times)
    assert codes == [TRAIN] * 14 + [EVAL] * 2 + [TEST] * 4


def test_temporal_breaks_ties_in_time_by_movie_id() -> None:
    codes = split_one_user(IngestConfig(), [30, 10, 20], [3.0] * 3, [5, 5, 5])
    assert codes == [TEST, TRAIN, TRAIN]


@pytest.mark.parametrize("name", ["temporal", "reference"])
def test_user_with_one_rating_stays_in_train(name: Any) -> None:
    assert split_one_user(IngestConfig(split=name), [1], [5.0], [0]) == [TRAIN]


def test_user_with_two_ratings_is_tested_on_the_later() -> None:
    assert split_one_user(IngestConfig(), [1, 2], [5.0, 1.0], [9, 4]) == [TEST, TRAIN]


def test_reference_splits_liked_and_other_ratings_apart_in_file_order() -> None:
    # Four liked: int(2.8) = 2 stay; three others: int(2.1) = 2 stay.
    config = IngestConfig(split="reference", eval_fraction=0.0)
    stars = [4.0, 1.0, 5.0, 4.5, 3.5, 4.0, 2.0]
    codes = split_one_user(config, [9, 8, 7, 6, 5, 4, 3], stars, [0] * 7)
    assert codes == [TRAIN, TRAIN, TRAIN, TEST, TRAIN, TEST, TEST]


def test_reference_carves_a_tenth_of_train_for_eval(real_ratings: Rows) -> None:
    codes = split(real_ratings, IngestConfig(split="reference"))
    assert np.mean(codes[codes != TEST] == EVAL) == pytest.approx(0.1, abs=0.005)


def test_global_time_puts_all_test_ratings_after_all_others(real_ratings: Rows) -> None:
    codes = split(real_ratings, IngestConfig(split="global_time"))
    times = real_ratings["timestamp"]
    assert times[codes == TRAIN].max() < times[codes == EVAL].min()
    assert times[codes == EVAL].max() < times[codes == TEST].min()
    shares = np.bincount(codes) / len(codes)
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.001)


def test_global_time_takes_the_cuts_it_is_given() -> None:
    config = IngestConfig(split="global_time")
    times = np.array([1, 5, 6, 9, 10])
    same = np.ones(5, np.int64)
    codes = assign_splits(same, times, np.full(5, 3, np.float32), times, config, TimeCuts(6, 10))
    assert codes.tolist() == [TRAIN, TRAIN, EVAL, EVAL, TEST]


def test_time_cuts_count_repeated_timestamps() -> None:
    # Sorted: 1 1 1 1 1 1 1 1 2 3. The eighth rating (from 0) is of second 2, the ninth of 3.
    config = IngestConfig(split="global_time")
    assert time_cuts(np.array([3, 1, 2]), np.array([1, 8, 1]), config) == TimeCuts(2, 3)


def test_random_split_has_the_shares_asked_for(real_ratings: Rows) -> None:
    config = IngestConfig(split="random", test_fraction=0.25, eval_fraction=0.05)
    shares = np.bincount(split(real_ratings, config)) / len(real_ratings)
    assert shares == pytest.approx([0.7, 0.05, 0.25], abs=0.005)


def test_random_split_depends_on_the_seed_but_not_on_the_order(real_ratings: Rows) -> None:
    config = IngestConfig(split="random", seed=1)
    codes = split(real_ratings, config)
    order = np.random.default_rng(0).permutation(len(codes))
    np.testing.assert_array_equal(split(real_ratings[order], config), codes[order])
    assert np.mean(split(real_ratings, IngestConfig(split="random", seed=2)) != codes) > 0.2


@pytest.mark.parametrize("name", ["temporal", "reference", "random"])
def test_a_user_is_split_alike_alone_and_among_others(real_ratings: Rows, name: Any) -> None:
    config = IngestConfig(split=name)
    members = shard_of_user(real_ratings["user_id"], 5) == 3
    np.testing.assert_array_equal(
        split(real_ratings[members], config), split(real_ratings, config)[members]
    )


def test_pairs_are_fingerprinted_in_numeric_order() -> None:
    # sha256 of "2,7\n10,1": as text, 10 would come before 2.
    assert pairs_sha256(np.array([10, 2]), np.array([1, 7])) == pairs_sha256(
        np.array([2, 10]), np.array([7, 1])
    )
    assert pairs_sha256(np.array([2]), np.array([7])) != pairs_sha256(np.array([27]), np.array([0]))


def test_rank_restarts_where_any_key_changes() -> None:
    rank, size = rank_in_group(np.array([1, 1, 1, 2]), np.array([0, 0, 1, 1]))
    assert rank.tolist() == [0, 1, 0, 0]
    assert size.tolist() == [2, 2, 1, 1]


def test_rank_of_no_rows_is_empty() -> None:
    assert [part.tolist() for part in rank_in_group(np.empty(0, np.int64))] == [[], []]


def test_numbers_drawn_by_pair_are_uniform_and_unlike_when_user_and_movie_change_places() -> None:
    user, movie = (axis.ravel() for axis in np.meshgrid(np.arange(300), np.arange(300)))
    drawn = uniform_by_pair(user, movie, seed=0)
    counts = np.histogram(drawn, bins=10, range=(0, 1))[0]
    assert counts == pytest.approx([9000] * 10, rel=0.05)
    assert abs(np.corrcoef(drawn, uniform_by_pair(movie, user, seed=0))[0, 1]) < 0.02
