"""The Beam pipeline: the files of a folder, or of a window of spans, to those of each split.

```
movies files ─ ReadMovies ─ merge ─┬───────────(side input)─────────────┐
                                   └ WriteCatalogue                     │
ratings files ─ CutIntoBlocks ─ ParseBlock ─ (shard, rows) ─ group ─ WriteShard
                                    └ TimeCuts (global_time only) ─┘
every step ─ Tally ─ WriteReport
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
    ParseBlock,
    ReadMovies,
    WriteCatalogue,
    WriteShard,
    blocks_of_ratings,
    cuts_of,
    distinct_timestamps,
    empty_shards,
    merge_distinct,
    merge_movies,
)
from movielens.config import IngestConfig, ReadOptions
from movielens.reading.source import Source

SHARD_BYTES: Final = 2 << 20  # of the ratings file: some 80,000 ratings
MAX_SHARDS: Final = 512


def number_of_shards(ratings_bytes: int) -> int:
    """Returns how many shards, and files a split, a ratings file of this size is worth."""
    return min(max(1, round(ratings_bytes / SHARD_BYTES)), MAX_SHARDS)


class Ingest(beam.PTransform):
    """The whole ingestion, from the paths of its sources to the files of a destination.

    Args:
        sources: of a window of spans, the newest first.
        reading: how their files are read.
        config: how to split the ratings and to build their histories.
        destination: where to write.
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
        """Builds the graph.

        Returns:
            One element, once the report is written.
        """
        tables, movies_tally = (
            pipeline
            | "MoviesFiles" >> beam.Create(self._sources)
            | "ReadMovies" >> beam.ParDo(ReadMovies(self._reading)).with_outputs(TALLY, main="out")
        )
        movies = tables | "AllTables" >> beam.combiners.ToList() | "Merge" >> beam.Map(merge_movies)
        catalogue_tally = movies | "WriteCatalogue" >> beam.ParDo(WriteCatalogue(self._destination))
        rows, rows_tally = (
            pipeline
            | "RatingsFiles" >> beam.Create(self._sources)
            | "CutIntoBlocks" >> beam.FlatMap(blocks_of_ratings, BLOCK_BYTES)
            | "SpreadBlocks" >> beam.Reshuffle()
            | "ParseBlock"
            >> beam.ParDo(
                ParseBlock(self._shards, self._reading), beam.pvalue.AsSingleton(movies)
            ).with_outputs(TALLY, main="out")
        )
        shard_tally = (
            (rows, pipeline | "EveryShard" >> beam.Create(empty_shards(self._shards)))
            | "WithEveryShard" >> beam.Flatten()
            | "GroupByShard" >> beam.GroupByKey()
            | "WriteShard"
            >> beam.ParDo(
                WriteShard(self._config, self._destination, self._shards),
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
