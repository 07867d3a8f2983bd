import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from components.movielens_example_gen.encoding import (
    HistoryLists,
    encode_catalogue,
    encode_columns,
    encode_ratings,
    lists,
)
from movielens.ratings import RATING_ROW
from movielens.reading.movies import MovieTable

# The published id types: what StatisticsGen, Transform and the model's own parser expect.
FEATURES = {
    "user_id": tf.io.FixedLenFeature([], tf.int64),
    "movie_id": tf.io.FixedLenFeature([], tf.int64),
    "title": tf.io.FixedLenFeature([], tf.string),
    "timestamp": tf.io.FixedLenFeature([], tf.int64),
    "rating": tf.io.FixedLenFeature([], tf.float32),
    "genres": tf.io.RaggedFeature(tf.string),
    "history_movie_ids": tf.io.RaggedFeature(tf.int64),
    "history_ratings": tf.io.RaggedFeature(tf.float32),
}
ROWS = np.array(
    [(1, 20, 4.5, 1260759144, 2), (1, 10, 0.5, 0, 3), (2, 30, 5.0, 5, 4)], dtype=RATING_ROW
)
HISTORIES = HistoryLists(
    np.array([0, 2, 2, 3], np.int32), np.array([10, 30, 0]), np.array([0.5, 4.0, 0.0], np.float32)
)


@pytest.fixture
def movies() -> MovieTable:
    return MovieTable(
        np.array([10, 20, 30]),
        pa.array([b"", "Amélie (2001)".encode(), b"Toy Story (1995)"]),
        pa.array([[], [b"Comedy", b"Romance"], [b"War"]], pa.list_(pa.binary())),
    )


def test_ratings_survive_a_round_trip_through_the_parser(movies: MovieTable) -> None:
    parsed = tf.io.parse_example(encode_ratings(ROWS, movies, HISTORIES), FEATURES)
    assert parsed["user_id"].numpy().tolist() == [1, 1, 2]
    assert parsed["movie_id"].numpy().tolist() == [20, 10, 30]
    assert parsed["title"].numpy().tolist() == ["Amélie (2001)".encode(), b"", b"Toy Story (1995)"]
    assert parsed["timestamp"].numpy().tolist() == [1260759144, 0, 5]
    assert parsed["rating"].numpy().tolist() == [4.5, 0.5, 5.0]
    assert parsed["genres"].to_list() == [[b"Comedy", b"Romance"], [], [b"War"]]
    assert parsed["history_movie_ids"].to_list() == [[10, 30], [], [0]]
    assert parsed["history_ratings"].to_list() == [[0.5, 4.0], [], [0.0]]


def test_key_of_an_empty_list_is_left_out(movies: MovieTable) -> None:
    examples = [
        tf.train.Example.FromString(data) for data in encode_ratings(ROWS, movies, HISTORIES)
    ]
    scalars = {"user_id", "movie_id", "title", "timestamp", "rating"}
    histories = {"history_movie_ids", "history_ratings"}
    keys = [set(example.features.feature) for example in examples]
    assert keys == [scalars | histories | {"genres"}, scalars, scalars | histories | {"genres"}]


def test_missing_history_takes_the_default_of_a_fixed_length_feature(movies: MovieTable) -> None:
    spec = {"history_ratings": tf.io.FixedLenFeature([1], tf.float32, [9.0])}
    parsed = tf.io.parse_example(encode_ratings(ROWS, movies, HISTORIES)[1:], spec)
    assert parsed["history_ratings"].numpy().tolist() == [[9.0], [0.0]]


def test_catalogue_holds_every_movie_with_nothing_but_its_metadata(movies: MovieTable) -> None:
    examples = [tf.train.Example.FromString(data) for data in encode_catalogue(movies)]
    assert [example.features.feature["movie_id"].int64_list.value[0] for example in examples] == [
        10,
        20,
        30,
    ]
    assert set(examples[1].features.feature) == {"movie_id", "title", "genres"}
    assert set(examples[0].features.feature) == {"movie_id", "title"}


def test_no_rows_encode_to_no_examples(movies: MovieTable) -> None:
    none = HistoryLists(np.zeros(1, np.int32), np.empty(0, np.int64), np.empty(0, np.float32))
    assert encode_ratings(ROWS[:0], movies, none) == []


def test_a_row_without_any_value_is_an_example_without_features() -> None:
    column = lists(np.array([0, 1, 1], np.int32), np.array([7]))
    (first, second) = encode_columns({"movie_id": column})
    assert len(first) > 0
    assert second == b""
    only_empty = lists(np.array([0, 0], np.int32), np.array([], np.int64))
    assert encode_columns({"movie_id": only_empty}) == [b""]
