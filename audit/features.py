"""Every transformed feature of every row, and how two builds of them differ."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scoreboard.data.protocol_data import fit_to_splits, raw_batches
from scoreboard.data.rated_movies import RatedMovies
from scoreboard.data.transforming import graph_function
from transform_module import features

Tables = Mapping[str, pa.Table]


def build(rated: RatedMovies, folder: Path, *, is_leaky: bool = False) -> Tables:
    """Returns the features of ratings by split, all rows in the order of user and movie."""
    folder.mkdir(parents=True)
    raw = raw_batches(rated)
    transform = graph_function(fit_to_splits(raw, folder, is_leaky=is_leaky))
    return {
        split: ordered(pa.Table.from_batches(map(transform, batches)))
        for split, batches in raw.items()
    }


def one_each(table: pa.Table, name: str) -> NDArray[Any]:
    """Returns a column of one value a row, [n]."""
    values: NDArray[Any] = table[name].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values


def lists(table: pa.Table, name: str) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Returns the row of each value of a column of lists, [m], and the values, [m]."""
    column = table[name].combine_chunks()
    lengths = column.value_lengths().to_numpy(zero_copy_only=False)
    return np.repeat(np.arange(len(column)), lengths), column.flatten().to_numpy()


def pair_keys(user_ids: NDArray[np.int64], movie_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns one number for each user and movie; all ids of MovieLens are below 2**31."""
    keys: NDArray[np.int64] = user_ids * 2**31 + movie_ids
    return keys


def keys_of(table: pa.Table) -> NDArray[np.int64]:
    """Returns the user and movie of each row as one number."""
    return pair_keys(one_each(table, features.USER_ID), one_each(table, features.MOVIE_ID))


def ordered(table: pa.Table) -> pa.Table:
    """Returns the same rows in the order of user and movie."""
    return table.take(np.argsort(keys_of(table), kind="stable"))


def changed_features(first: pa.Table, second: pa.Table) -> set[str]:
    """Returns the columns that differ in any bit of any row, or that only one table has."""
    shared = set(first.column_names) & set(second.column_names)
    return (set(first.column_names) ^ set(second.column_names)) | {
        name
        for name in shared
        if not first[name].combine_chunks().equals(second[name].combine_chunks())
    }
