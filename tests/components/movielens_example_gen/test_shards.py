import itertools

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from components.movielens_example_gen import shards
from components.movielens_example_gen.config import IngestConfig
from components.movielens_example_gen.movies import MovieTable
from components.movielens_example_gen.ratings import AGE_SHIFT, RATING_ROW, shard_of_user

Rows = npt.NDArray[np.void]


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
    kept, superseded = shards.keep_one_a_pair(rows[[3, 0, 5, 1, 4, 2]])
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
    kept, superseded = shards.keep_one_a_pair(rows)
    assert kept["rating"].tolist() == [5.0, 4.0]
    assert superseded == 3


def test_shard_holds_each_rating_in_one_split_by_user_and_time(real_ratings: Rows) -> None:
    shard = shards.split_shard(real_ratings, IngestConfig(), None)
    parts = [shard.rows_of(split) for split in ("train", "eval", "test")]
    assert [len(part) for part in parts] == [71_992, 8_009, 20_003]
    train = parts[0]
    order = np.lexsort((train["movie_id"], train["timestamp"], train["user_id"]))
    np.testing.assert_array_equal(order, np.arange(len(train)))


def test_examples_do_not_depend_on_the_size_of_a_chunk(
    real_ratings: Rows, real_movies: MovieTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = real_ratings[real_ratings["user_id"] <= 20]
    shard = shards.split_shard(rows, IngestConfig(), None)
    (whole,) = shard.examples("train", real_movies)
    monkeypatch.setattr(shards, "CHUNK_ROWS", 100)
    chunks = list(shard.examples("train", real_movies))
    assert [len(chunk) for chunk in chunks[:-1]] == [100] * (len(chunks) - 1)
    # The order of the keys within an example is not the encoder's promise: compare the values.
    joined = itertools.chain.from_iterable(chunks)
    for chunked, example in zip(joined, whole, strict=True):
        assert tf.train.Example.FromString(chunked) == tf.train.Example.FromString(example)


def test_users_spread_evenly_over_shards_and_never_over_two() -> None:
    users = np.arange(1, 10_001)
    shard = shard_of_user(users, 8)
    assert np.bincount(shard) == pytest.approx([1250] * 8, rel=0.1)
    np.testing.assert_array_equal(shard_of_user(users[::-1], 8), shard[::-1])
