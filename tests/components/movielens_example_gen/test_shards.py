import itertools

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from components.movielens_example_gen import shards
from movielens.config import IngestConfig
from movielens.reading.movies import MovieTable

Rows = npt.NDArray[np.void]


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
