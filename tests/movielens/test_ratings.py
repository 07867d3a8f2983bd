"""Ratings as arrays."""

import numpy as np
import pytest

from movielens.ratings import AGE_SHIFT, RATING_ROW, keep_one_a_pair, shard_of_user


def test_the_latest_rating_of_a_movie_counts() -> None:
    rows = np.array(
        [
            (1, 5, 2.0, 90, 9),  # an earlier one, further down
            (1, 5, 4.0, 99, 3),
            (2, 5, 1.0, 1, 4),
            (1, 6, 1.0, 7, 2),
            (1, 6, 3.0, 7, 8),  # at the same time: the last line
            (2, 5, 1.0, 1, 5),  # the same again
        ],
        RATING_ROW,
    )
    kept, superseded = keep_one_a_pair(rows[[3, 0, 5, 1, 4, 2]])
    assert kept.tolist() == [(1, 5, 4.0, 99, 3), (2, 5, 1.0, 1, 5), (1, 6, 3.0, 7, 8)]
    assert superseded == 3


def test_the_newest_span_that_has_a_pair_counts() -> None:
    old, older = 1 << AGE_SHIFT, 2 << AGE_SHIFT
    rows = np.array(
        [
            (1, 5, 1.0, 10, older + 2),
            (1, 5, 2.0, 90, old + 7),
            (1, 5, 3.0, 30, old + 8),
            (1, 6, 4.0, 40, old + 9),
            (1, 5, 5.0, 50, 3),
        ],
        RATING_ROW,
    )
    kept, superseded = keep_one_a_pair(rows)
    assert kept["rating"].tolist() == [5.0, 4.0]
    assert superseded == 3


def test_users_spread_evenly_over_shards_and_never_over_two() -> None:
    users = np.arange(1, 10_001)
    shard = shard_of_user(users, 8)
    assert np.bincount(shard) == pytest.approx([1250] * 8, rel=0.1)
    np.testing.assert_array_equal(shard_of_user(users[::-1], 8), shard[::-1])
