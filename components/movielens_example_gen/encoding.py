"""Columns to serialized tf.Examples, by tfx_bsl's C++ encoder."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from movielens.reading.movies import MovieTable
from transform_module import features


class HistoryLists(NamedTuple):
    """The histories of n rows."""

    offsets: npt.NDArray[np.int32]  # [n + 1]; history i is from `offsets[i]` to `offsets[i + 1]`
    movie_ids: npt.NDArray[np.int64]  # [offsets[n]]
    ratings: npt.NDArray[np.float32]  # [offsets[n]], stars


def encode_ratings(
    rows: npt.NDArray[np.void], movies: MovieTable, histories: HistoryLists | None
) -> list[bytes]:
    """Returns a serialized tf.Example for each rating [n], with its movie and any history."""
    positions = pa.array(movies.positions(rows["movie_id"]))
    columns = {
        features.USER_ID: one_each(rows["user_id"]),
        features.MOVIE_ID: one_each(rows["movie_id"]),
        features.TITLE: one_each(movies.titles.take(positions)),
        features.GENRES: movies.genres.take(positions),
        features.TIMESTAMP: one_each(rows["timestamp"]),
        features.RATING: one_each(rows["rating"]),
    }
    if histories is not None:
        columns |= {
            features.HISTORY_MOVIE_IDS: lists(histories.offsets, histories.movie_ids),
            features.HISTORY_RATINGS: lists(histories.offsets, histories.ratings),
        }
    return encode_columns(columns)


def encode_catalogue(movies: MovieTable) -> list[bytes]:
    """Returns a serialized tf.Example for each movie, rated or not, by ascending id."""
    return encode_columns(
        {
            features.MOVIE_ID: one_each(movies.movie_ids),
            features.TITLE: one_each(movies.titles),
            features.GENRES: movies.genres,
        }
    )


def encode_columns(columns: Mapping[str, pa.ListArray]) -> list[bytes]:
    """Encodes columns of lists, all of one length, and leaves out the key of an empty list.

    A key with an empty value breaks readers that have a default only for a missing key
    (`FixedLenFeature`), but the encoder writes a key for each column. So the few rows with empty
    lists are encoded again without these, those with the same empty lists together.
    """
    encoder = RecordBatchToExamplesEncoder()
    examples = np.array(encoder.encode(pa.record_batch(dict(columns))), object)
    is_empty = np.column_stack(
        [np.asarray(pc.equal(pc.list_value_length(column), 0)) for column in columns.values()]
    )
    for pattern in np.unique(is_empty[is_empty.any(axis=1)], axis=0):
        members = np.flatnonzero((is_empty == pattern).all(axis=1))
        rows = pa.array(members)
        kept = {
            name: column.take(rows)
            for (name, column), empty in zip(columns.items(), pattern, strict=True)
            if not empty
        }
        examples[members] = encoder.encode(pa.record_batch(kept)) if kept else b""
    return list(examples)


def one_each(values: npt.NDArray[np.generic] | pa.Array) -> pa.ListArray:
    """Returns a column with each value in a list of its own."""
    return lists(np.arange(len(values) + 1, dtype=np.int32), values)


def lists(
    offsets: npt.NDArray[np.int32], values: npt.NDArray[np.generic] | pa.Array
) -> pa.ListArray:
    """Returns a column of lists: list i has the values from `offsets[i]` to `offsets[i + 1]`."""
    if isinstance(values, np.ndarray):
        values = pa.array(np.ascontiguousarray(values))
    return pa.ListArray.from_arrays(pa.array(offsets), values)
