"""A MovieLens folder as arrays, split by a protocol."""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.movielens_example_gen.shards import SplitShard, sorted_shard
from components.movielens_example_gen.steps import BLOCK_BYTES
from movielens.config import IngestConfig
from movielens.ratings import RATING_ROW, keep_one_a_pair
from movielens.reading.blocks import cut_into_blocks
from movielens.reading.movies import MovieTable, parse_movies
from movielens.reading.parsing import parse_ratings
from movielens.reading.source import open_source
from movielens.splits import TEST, assign_splits

Rows = NDArray[np.void]


@dataclasses.dataclass(frozen=True)
class RatedMovies:
    """Ratings with their splits, and all movies."""

    rows: Rows  # [n], dtype `RATING_ROW`, in file order
    codes: NDArray[np.int8]  # [n], `TRAIN`, `EVAL` or `TEST`
    movies: MovieTable  # all movies, the rated ones among them
    ingest: IngestConfig  # how the ratings were split, and what histories hold

    def shard(self) -> SplitShard:
        """Returns the rows as MovieLensExampleGen sorts them, with their histories."""
        return sorted_shard(self.rows, self.codes, self.ingest)

    def test_rows(self) -> Rows:
        """Returns the test ratings, in the order of user and movie."""
        rows = self.rows[self.codes == TEST]
        ordered: Rows = rows[np.lexsort((rows["movie_id"], rows["user_id"]))]
        return ordered

    def fingerprint(self) -> str:
        """Hashes all ratings, splits and movies."""
        digest = hashlib.sha256(self.rows.tobytes() + self.codes.tobytes())
        digest.update(self.movies.movie_ids.tobytes())
        for column in (self.movies.titles, self.movies.genres):
            digest.update(repr(column.to_pylist()).encode())
        digest.update(repr(self.ingest).encode())
        return digest.hexdigest()


def read_ratings(folder: Path) -> tuple[Rows, MovieTable]:
    """Reads a MovieLens folder of any published layout with the component's own parsers.

    Returns the usable ratings, [n] of dtype `RATING_ROW`, in file order, and the movies. A
    SourceError if the folder cannot be read as MovieLens data.
    """
    source = open_source(str(folder))
    movies_file = b"".join(
        block.read() for block in cut_into_blocks(source.movies_path, BLOCK_BYTES)
    )
    movies = parse_movies(movies_file, source.layout).table
    parts = [
        parse_ratings(block.read(), source.layout, movies, block.first_line).rows
        for block in cut_into_blocks(source.ratings_path, BLOCK_BYTES)
    ]
    rows, _ = keep_one_a_pair(np.concatenate([np.empty(0, RATING_ROW), *parts]))
    return rows, movies


def split_ratings(rows: Rows, movies: MovieTable, ingest: IngestConfig) -> RatedMovies:
    """Splits ratings, given in file order, as MovieLensExampleGen does."""
    codes = assign_splits(
        rows["user_id"], rows["movie_id"], rows["rating"], rows["timestamp"], ingest
    )
    return RatedMovies(rows, codes, movies, ingest)
