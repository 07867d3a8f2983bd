"""The Beam pipeline: a folder's files to the files of each split.

```
movies file ─ ReadMovies ──┬──────────────(side input)──────────┐
                           └ WriteCatalogue                     │
ratings file ─ CutIntoBlocks ─ ParseBlock ─ (shard, rows) ─ group ─ WriteShard
                                   └ TimeCuts (global_time only) ─┘
every step ─ Tally ─ WriteReport
```
All ratings of a user meet in one shard, chosen by a hash, where they are split, given their
histories, encoded and written as arrays. What travels between workers is arrays of some thousand
rows, never single ratings.
"""

from typing import Any, Final

import apache_beam as beam

from components.movielens_example_gen.blocks import cut_into_blocks
from components.movielens_example_gen.config import IngestConfig
from components.movielens_example_gen.report import write_report
from components.movielens_example_gen.source import Source
from components.movielens_example_gen.steps import (
    BLOCK_BYTES,
    TALLY,
    Destination,
    ParseBlock,
    ReadMovies,
    WriteCatalogue,
    WriteShard,
    cuts_of,
    distinct_timestamps,
    empty_shards,
    merge_distinct,
)

SHARD_BYTES: Final = 2 << 20  # of the ratings file: some 80,000 ratings
MAX_SHARDS: Final = 512


def number_of_shards(ratings_bytes: int) -> int:
    """Returns how many shards, and files a split, a ratings file of this size is worth."""
    return min(max(1, round(ratings_bytes / SHARD_BYTES)), MAX_SHARDS)


class Ingest(beam.PTransform):
    """The whole ingestion, from the paths of a source to the files of a destination."""

    def __init__(self, source: Source, config: IngestConfig, destination: Destination) -> None:
        super().__init__()
        self._source = source
        self._config = config
        self._destination = destination
        self._shards = number_of_shards(source.ratings_bytes)

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        """Builds the graph.

        Returns:
            One element, once the report is written.
        """
        movies, movies_tally = (
            pipeline
            | "MoviesPath" >> beam.Create([self._source.movies_path])
            | "ReadMovies" >> beam.ParDo(ReadMovies(self._source)).with_outputs(TALLY, main="out")
        )
        catalogue_tally = movies | "WriteCatalogue" >> beam.ParDo(WriteCatalogue(self._destination))
        rows, rows_tally = (
            pipeline
            | "RatingsPath" >> beam.Create([self._source.ratings_path])
            | "CutIntoBlocks" >> beam.FlatMap(cut_into_blocks, BLOCK_BYTES)
            | "SpreadBlocks" >> beam.Reshuffle()
            | "ParseBlock"
            >> beam.ParDo(
                ParseBlock(self._source, self._shards), beam.pvalue.AsSingleton(movies)
            ).with_outputs(TALLY, main="out")
        )
        shard_tally = (
            (rows, pipeline | "EveryShard" >> beam.Create(empty_shards(self._shards)))
            | "WithEveryShard" >> beam.Flatten()
            | "GroupByShard" >> beam.GroupByKey()
            | "WriteShard"
            >> beam.ParDo(
                WriteShard(self._source, self._config, self._destination, self._shards),
                beam.pvalue.AsSingleton(movies),
                self._time_cuts(rows),
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
                self._source.layout.name,
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
