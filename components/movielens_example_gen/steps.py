"""The steps of the Beam pipeline: thin wrappers of the pure functions that do the work."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

import apache_beam as beam
import numpy as np
import numpy.typing as npt

from components.movielens_example_gen.encoding import encode_catalogue
from components.movielens_example_gen.record_files import record_file_name, write_records
from components.movielens_example_gen.report import Tally
from components.movielens_example_gen.shards import split_shard
from movielens.config import IngestConfig, ReadOptions
from movielens.ratings import AGE_SHIFT, keep_one_a_pair, no_ratings, shard_of_user
from movielens.reading.blocks import Block, cut_into_blocks
from movielens.reading.movies import MovieTable, parse_movies
from movielens.reading.parsing import parse_ratings
from movielens.reading.source import Source
from movielens.splits import TimeCuts, time_cuts
from transform_module import features

BLOCK_BYTES: Final = 4 << 20
TALLY: Final = "tally"  # the side output on which a step reports what it did

Rows = npt.NDArray[np.void]
CountedTimestamps = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]  # distinct ones, how many


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a run writes.

    Attributes:
        split_folders: folder of each split, by name.
        scratch: folder for files that are not whole yet, on the same file system.
        report_folder: folder of the report.
    """

    split_folders: Mapping[str, str]
    scratch: str
    report_folder: str


class ReadMovies(beam.DoFn):
    """Parses the movies file of a source to a `MovieTable`, under the age of its span."""

    def __init__(self, reading: ReadOptions) -> None:
        super().__init__()
        self._encoding = reading.encoding

    def process(self, source: Source) -> Iterator[Any]:
        """Yields (age, table), and the file's tally to the side."""
        blocks = cut_into_blocks(source.movies_path, BLOCK_BYTES)
        data = b"".join(block.read() for block in blocks)
        parsed = parse_movies(data, source.layout, self._encoding)
        yield source.age, parsed.table
        yield beam.pvalue.TaggedOutput(
            TALLY,
            Tally(
                file=source.layout.movies.file,
                rows_read=parsed.rows,
                not_utf8=parsed.not_utf8,
                is_utf8=source.layout.is_utf8,
                rejects=parsed.rejects,
            ),
        )


def merge_movies(tables: Iterable[tuple[int, MovieTable]]) -> MovieTable:
    """The movies of all spans, as the newest that has them tells of them."""
    return MovieTable.merged([table for _, table in sorted(tables, key=itemgetter(0))])


def blocks_of_ratings(source: Source, block_bytes: int) -> Iterator[tuple[Source, Block]]:
    """Cuts the ratings file of a source into blocks."""
    for block in cut_into_blocks(source.ratings_path, block_bytes):
        yield source, block


class ParseBlock(beam.DoFn):
    """Parses a block of a ratings file and hands its rows to their users' shards."""

    def __init__(self, shards: int, reading: ReadOptions) -> None:
        super().__init__()
        self._shards = shards
        self._unit = reading.timestamp_unit

    def process(self, of_source: tuple[Source, Block], movies: MovieTable) -> Iterator[Any]:
        """Yields (shard, rows), and the block's tally to the side."""
        source, block = of_source
        parsed = parse_ratings(block.read(), source.layout, movies, block.first_line, self._unit)
        file = source.layout.ratings.file
        yield beam.pvalue.TaggedOutput(
            TALLY, Tally(file=file, rows_read=parsed.read, rejects=parsed.rejects)
        )
        parsed.rows["line"] += source.age << AGE_SHIFT
        shard = shard_of_user(parsed.rows["user_id"], self._shards)
        by_shard = parsed.rows[np.argsort(shard, kind="stable")]
        ends = np.cumsum(np.bincount(shard, minlength=self._shards))
        for number, rows in enumerate(np.split(by_shard, ends[:-1])):
            if len(rows):
                yield number, rows


class WriteShard(beam.DoFn):
    """Splits, encodes and writes all ratings of the users of a shard."""

    def __init__(self, config: IngestConfig, destination: Destination, shards: int) -> None:
        super().__init__()
        self._config = config
        self._destination = destination
        self._shards = shards

    def process(
        self, keyed: tuple[int, Iterable[Rows]], movies: MovieTable, cuts: TimeCuts | None
    ) -> Iterator[Tally]:
        """Writes one file a split and yields the shard's tally."""
        shard, pieces = keyed
        distinct = keep_one_a_pair(np.concatenate(list(pieces)))
        ratings = split_shard(distinct.rows, self._config, cuts)
        name = record_file_name(shard, self._shards)
        written = {
            split: write_records(
                f"{self._destination.split_folders[split]}/{name}",
                self._destination.scratch,
                ratings.examples(split, movies),
            )
            for split in features.RATING_SPLITS
        }
        tested = ratings.rows_of(features.SPLIT_TEST)
        yield Tally(
            users=len(np.unique(distinct.rows["user_id"])),
            splits=Counter(written),
            superseded=distinct.superseded,
            test_pairs=np.column_stack([tested["user_id"], tested["movie_id"]]),
            cuts=cuts,
        )


class WriteCatalogue(beam.DoFn):
    """Writes the split `catalogue`: one example a movie."""

    def __init__(self, destination: Destination) -> None:
        super().__init__()
        self._destination = destination

    def process(self, movies: MovieTable) -> Iterator[Tally]:
        """Writes one file and yields its tally."""
        folder = self._destination.split_folders[features.SPLIT_CATALOGUE]
        written = write_records(
            f"{folder}/{record_file_name(0, 1)}",
            self._destination.scratch,
            [encode_catalogue(movies)],
        )
        yield Tally(movies=len(movies), splits=Counter({features.SPLIT_CATALOGUE: written}))


def empty_shards(shards: int) -> list[tuple[int, Rows]]:
    """Makes every shard known, so that no file of a split is missing where a shard is empty."""
    return [(shard, no_ratings()) for shard in range(shards)]


def distinct_timestamps(_: int, rows: Rows) -> CountedTimestamps:
    """Returns the distinct timestamps of a piece of a shard, and how many ratings have each."""
    values, counts = np.unique(rows["timestamp"], return_counts=True)
    return values, counts


def cuts_of(timestamps: CountedTimestamps, config: IngestConfig) -> TimeCuts:
    """Returns the instants of `global_time`, from all the timestamps there are."""
    return time_cuts(*timestamps, config)


def merge_distinct(parts: Iterable[CountedTimestamps]) -> CountedTimestamps:
    """Adds up the outputs of `distinct_timestamps`, or of itself."""
    parts = list(parts)
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    values, inverse = np.unique(np.concatenate([part[0] for part in parts]), return_inverse=True)
    counts = np.concatenate([part[1] for part in parts])
    return values, np.bincount(inverse, weights=counts).astype(np.int64)
