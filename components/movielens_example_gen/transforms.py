"""The Beam pipeline: the files of a folder, or of a window of spans, to those of each split.

```
movies files ─ read_movies ─ merge_movies ─┬──────(side input)──────────┐
                                           └ write_catalogue            │
ratings files ─ blocks_of_ratings ─ parse_block ─ (shard, rows) ─ group ─ write_shard
                                    └ cuts_of (global_time only) ─┘
every step ─ Tally ─ write_report
```
All ratings of a user meet in one shard, chosen by a hash, where they are split, given their
histories, encoded and written as arrays. What travels between workers is arrays of some thousand
rows, never single ratings.
"""

from collections.abc import Sequence
from typing import Any, Final

import apache_beam as beam

from components.movielens_example_gen.report import write_report
from components.movielens_example_gen.steps import (
    BLOCK_BYTES,
    TALLY,
    Destination,
    blocks_of_ratings,
    cuts_of,
    distinct_timestamps,
    empty_shards,
    merge_distinct,
    merge_movies,
    parse_block,
    read_movies,
    write_catalogue,
    write_shard,
)
from movielens.config import IngestConfig, ReadOptions
from movielens.reading.source import Source

SHARD_BYTES: Final = 2 << 20  # of the ratings file: some 80,000 ratings
MAX_SHARDS: Final = 512


def number_of_shards(ratings_bytes: int) -> int:
    """Returns into how many shards, and files a split, a ratings file of this size is divided."""
    return min(max(1, round(ratings_bytes / SHARD_BYTES)), MAX_SHARDS)


class Ingest(beam.PTransform):
    """The whole ingestion, from the files of its sources to the files of a destination.

    The sources are those of a window of spans, the newest first. The output is one element, once
    the report is written.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        reading: ReadOptions,
        config: IngestConfig,
        destination: Destination,
    ) -> None:
        super().__init__()
        self._sources = sources
        self._reading = reading
        self._config = config
        self._destination = destination
        self._shards = number_of_shards(sum(source.ratings_bytes for source in sources))

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        tables, movies_tally = (
            pipeline
            | "MoviesFiles" >> beam.Create(self._sources)
            | "ReadMovies"
            >> beam.FlatMap(read_movies, self._reading.encoding).with_outputs(TALLY, main="out")
        )
        movies = tables | "AllTables" >> beam.combiners.ToList() | "Merge" >> beam.Map(merge_movies)
        catalogue_tally = movies | "WriteCatalogue" >> beam.Map(write_catalogue, self._destination)
        rows, rows_tally = (
            pipeline
            | "RatingsFiles" >> beam.Create(self._sources)
            | "CutIntoBlocks" >> beam.FlatMap(blocks_of_ratings, BLOCK_BYTES)
            | "SpreadBlocks" >> beam.Reshuffle()
            | "ParseBlock"
            >> beam.FlatMap(
                parse_block,
                beam.pvalue.AsSingleton(movies),
                self._shards,
                self._reading.timestamp_unit,
            ).with_outputs(TALLY, main="out")
        )
        shard_tally = (
            (rows, pipeline | "EveryShard" >> beam.Create(empty_shards(self._shards)))
            | "WithEveryShard" >> beam.Flatten()
            | "GroupByShard" >> beam.GroupByKey()
            | "WriteShard"
            >> beam.Map(
                write_shard,
                beam.pvalue.AsSingleton(movies),
                self._time_cuts(rows),
                self._config,
                self._destination,
                self._shards,
            )
        )
        return (
            (movies_tally, catalogue_tally, rows_tally, shard_tally)
            | "Tallies" >> beam.Flatten()
            | "AllTallies" >> beam.combiners.ToList()
            | "WriteReport"
            >> beam.Map(
                write_report,
                self._destination.report_folder,
                self._config,
                " and ".join(sorted({source.layout.name for source in self._sources})),
            )
        )

    def _time_cuts(self, rows: beam.PCollection) -> Any:
        if self._config.split != "global_time":
            return None
        return beam.pvalue.AsSingleton(
            rows
            | "DistinctTimestamps" >> beam.MapTuple(distinct_timestamps)
            | "AllTimestamps" >> beam.CombineGlobally(merge_distinct)
            | "TimeCuts" >> beam.Map(cuts_of, self._config)
        )
