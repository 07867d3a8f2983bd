"""The Beam pipeline: the files of a folder, or of a window of spans, to those of each split.

```
movies files ─ read_movies ─ merge_movies ─┬──────(side input)──────────┐
                                           └ write_catalogue            │
ratings files ─ blocks_of_ratings ─ parse_block ─ (shard, rows) ─ group ─ write_shard
                                    └ time_cuts (global_time) ────┘
every step ─ Tally ─ write_report
```
All ratings of a user meet in one shard, chosen by a hash, where they are split, given their
histories, encoded and written as arrays. What travels between workers is arrays of some thousand
rows, never single ratings.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

import apache_beam as beam
import numpy as np
import numpy.typing as npt

from components.movielens_example_gen.encoding import encode_catalogue
from components.movielens_example_gen.record_files import record_file_name, write_records
from components.movielens_example_gen.report import Tally, write_report
from components.movielens_example_gen.shards import split_shard
from movielens.config import IngestConfig, ReadOptions, TimestampUnit
from movielens.ratings import AGE_SHIFT, RATING_ROW, Rows, keep_one_a_pair, shard_of_user
from movielens.reading.blocks import Block, cut_into_blocks
from movielens.reading.movies import MovieTable, parse_movies
from movielens.reading.parsing import parse_ratings
from movielens.reading.source import Source
from movielens.splits import TimeCuts, time_cuts
from transform_module import features

BLOCK_BYTES: Final = 4 << 20
SHARD_BYTES: Final = 2 << 20  # of the ratings file: some 80,000 ratings
MAX_SHARDS: Final = 512
TALLY: Final = "tally"  # the side output on which a step reports what it did

CountedTimestamps = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]  # distinct ones, how many


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a run writes."""

    split_folders: Mapping[str, str]
    scratch: str  # a folder for unfinished files, on the same file system
    report_folder: str

    def write(self, split: str, shard: int, shards: int, batches: Iterable[list[bytes]]) -> int:
        """Writes the records of one shard of a split and returns how many there were."""
        path = f"{self.split_folders[split]}/{record_file_name(shard, shards)}"
        return write_records(path, self.scratch, batches)


def number_of_shards(ratings_bytes: int) -> int:
    """Returns into how many shards, and files a split, a ratings file of this size is divided."""
    return min(max(1, round(ratings_bytes / SHARD_BYTES)), MAX_SHARDS)


@beam.ptransform_fn
def ingest(
    pipeline: beam.Pipeline,
    sources: Sequence[Source],
    reading: ReadOptions,
    config: IngestConfig,
    destination: Destination,
) -> beam.PCollection:
    """Reads the files of a window of spans, the newest first, and writes those of a destination.

    The output is one element, once the report is written.
    """
    shards = number_of_shards(sum(source.ratings_bytes for source in sources))
    tables, movies_tally = (
        pipeline
        | "MoviesFiles" >> beam.Create(sources)
        | "ReadMovies"
        >> beam.FlatMap(read_movies, reading.encoding).with_outputs(TALLY, main="out")
    )
    movies = tables | "AllTables" >> beam.combiners.ToList() | "Merge" >> beam.Map(merge_movies)
    catalogue_tally = movies | "WriteCatalogue" >> beam.Map(write_catalogue, destination)
    rows, rows_tally = (
        pipeline
        | "RatingsFiles" >> beam.Create(sources)
        | "CutIntoBlocks" >> beam.FlatMap(blocks_of_ratings)
        | "SpreadBlocks" >> beam.Reshuffle()
        | "ParseBlock"
        >> beam.FlatMap(
            parse_block, beam.pvalue.AsSingleton(movies), shards, reading.timestamp_unit
        ).with_outputs(TALLY, main="out")
    )
    shard_tally = (
        (rows, pipeline | "EveryShard" >> beam.Create(empty_shards(shards)))
        | "WithEveryShard" >> beam.Flatten()
        | "GroupByShard" >> beam.GroupByKey()
        | "WriteShard"
        >> beam.Map(
            write_shard,
            beam.pvalue.AsSingleton(movies),
            _time_cuts(rows, config),
            config,
            destination,
            shards,
        )
    )
    return (
        (movies_tally, catalogue_tally, rows_tally, shard_tally)
        | "Tallies" >> beam.Flatten()
        | "AllTallies" >> beam.combiners.ToList()
        | "WriteReport"
        >> beam.Map(
            write_report,
            destination.report_folder,
            config,
            " and ".join(sorted({source.layout.name for source in sources})),
        )
    )


def _time_cuts(rows: beam.PCollection, config: IngestConfig) -> Any:
    if config.split != "global_time":
        return None
    return beam.pvalue.AsSingleton(
        rows
        | "DistinctTimestamps" >> beam.MapTuple(distinct_timestamps)
        | "AllTimestamps" >> beam.CombineGlobally(merge_distinct)
        | "TimeCuts" >> beam.Map(lambda counted: time_cuts(counted[0], counted[1], config))
    )


def read_movies(source: Source, encoding: str | None) -> Iterator[Any]:
    """Parses the movies file of a source; yields (age of the span, table), and a tally aside."""
    blocks = cut_into_blocks(source.movies_path, BLOCK_BYTES)
    parsed = parse_movies(b"".join(block.read() for block in blocks), source.layout, encoding)
    yield source.age, parsed.table
    tally = Tally(
        file=source.layout.movies.file,
        rows_read=parsed.rows,
        not_utf8=parsed.not_utf8,
        is_utf8=source.layout.is_utf8,
        rejects=parsed.rejects,
    )
    yield beam.pvalue.TaggedOutput(TALLY, tally)


def merge_movies(tables: Iterable[tuple[int, MovieTable]]) -> MovieTable:
    """Returns the movies of all spans, each as in the newest span that has it."""
    return MovieTable.merged([table for _, table in sorted(tables, key=itemgetter(0))])


def blocks_of_ratings(source: Source) -> Iterator[tuple[Source, Block]]:
    """Cuts the ratings file of a source into blocks."""
    for block in cut_into_blocks(source.ratings_path, BLOCK_BYTES):
        yield source, block


def parse_block(
    of_source: tuple[Source, Block], movies: MovieTable, shards: int, unit: TimestampUnit
) -> Iterator[Any]:
    """Parses a block of a ratings file; yields (shard of users, rows), and a tally aside."""
    source, block = of_source
    parsed = parse_ratings(block.read(), source.layout, movies, block.first_line, unit)
    tally = Tally(file=source.layout.ratings.file, rows_read=parsed.read, rejects=parsed.rejects)
    yield beam.pvalue.TaggedOutput(TALLY, tally)
    parsed.rows["line"] += source.age << AGE_SHIFT
    shard = shard_of_user(parsed.rows["user_id"], shards)
    by_shard = parsed.rows[np.argsort(shard, kind="stable")]
    ends = np.cumsum(np.bincount(shard, minlength=shards))
    for number, rows in enumerate(np.split(by_shard, ends[:-1])):
        if len(rows):
            yield number, rows


def write_shard(
    keyed: tuple[int, Iterable[Rows]],
    movies: MovieTable,
    cuts: TimeCuts | None,
    config: IngestConfig,
    destination: Destination,
    shards: int,
) -> Tally:
    """Splits, encodes and writes all ratings of the users of a shard."""
    shard, pieces = keyed
    rows, superseded = keep_one_a_pair(np.concatenate(list(pieces)))
    ratings = split_shard(rows, config, cuts)
    tested = ratings.rows_of(features.SPLIT_TEST)
    return Tally(
        users=len(np.unique(rows["user_id"])),
        splits=Counter(
            {
                split: destination.write(split, shard, shards, ratings.examples(split, movies))
                for split in features.RATING_SPLITS
            }
        ),
        superseded=superseded,
        test_pairs=np.column_stack([tested["user_id"], tested["movie_id"]]),
        cuts=cuts,
    )


def write_catalogue(movies: MovieTable, destination: Destination) -> Tally:
    """Writes the split `catalogue`, one example a movie."""
    split = features.SPLIT_CATALOGUE
    written = destination.write(split, 0, 1, [encode_catalogue(movies)])
    return Tally(movies=len(movies), splits=Counter({split: written}))


def empty_shards(shards: int) -> list[tuple[int, Rows]]:
    """Returns every shard without rows, so that an empty shard has its files, too."""
    return [(shard, np.empty(0, RATING_ROW)) for shard in range(shards)]


def distinct_timestamps(_: int, rows: Rows) -> CountedTimestamps:
    """Returns the distinct timestamps of a piece of a shard, and how many ratings have each."""
    values, counts = np.unique(rows["timestamp"], return_counts=True)
    return values, counts


def merge_distinct(parts: Iterable[CountedTimestamps]) -> CountedTimestamps:
    """Adds up the outputs of `distinct_timestamps`, or of itself."""
    parts = list(parts)
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    values, inverse = np.unique(np.concatenate([part[0] for part in parts]), return_inverse=True)
    counts = np.concatenate([part[1] for part in parts])
    return values, np.bincount(inverse, weights=counts).astype(np.int64)
