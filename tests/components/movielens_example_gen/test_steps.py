import numpy as np

from components.movielens_example_gen.steps import (
    MAX_SHARDS,
    distinct_timestamps,
    empty_shards,
    merge_distinct,
    number_of_shards,
)
from movielens.config import IngestConfig
from movielens.ratings import RATING_ROW
from movielens.splits import TimeCuts, time_cuts

CONFIG = IngestConfig(split="global_time")


def rows_at(*timestamps: int) -> np.ndarray:
    rows = np.zeros(len(timestamps), RATING_ROW)
    rows["timestamp"] = timestamps
    return rows


def test_timestamps_are_counted_across_pieces_in_any_grouping() -> None:
    pieces = [distinct_timestamps(0, rows_at(5, 7, 5)), distinct_timestamps(1, rows_at(7, 1))]
    values, counts = merge_distinct([merge_distinct([]), merge_distinct(pieces[:1]), pieces[1]])
    assert values.tolist() == [1, 5, 7]
    assert counts.tolist() == [1, 2, 2]


def test_cuts_of_merged_pieces_are_those_of_all_ratings() -> None:
    times = np.random.default_rng(0).integers(0, 50, 1000)
    pieces = [distinct_timestamps(0, rows_at(*part)) for part in np.array_split(times, 7)]
    expected = time_cuts(times, np.ones(1000, np.int64), CONFIG)
    assert time_cuts(*merge_distinct(pieces), CONFIG) == expected
    assert isinstance(expected, TimeCuts)


def test_every_shard_is_there_even_without_ratings() -> None:
    assert [(shard, len(rows)) for shard, rows in empty_shards(3)] == [(0, 0), (1, 0), (2, 0)]


def test_shards_grow_with_the_file_within_bounds() -> None:
    assert [number_of_shards(size) for size in (0, 3_000_000, 24_000_000)] == [1, 1, 11]
    assert number_of_shards(10**12) == MAX_SHARDS
