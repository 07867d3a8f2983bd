"""All ratings of some users, as arrays: the latest of each movie, split, and encoded by chunks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from components.movielens_example_gen.encoding import HistoryLists, encode_ratings
from movielens.config import IngestConfig
from movielens.histories import HistoryIndex
from movielens.reading.movies import MovieTable
from movielens.splits import SPLIT_CODES, TimeCuts, assign_splits

# Bounds the memory that histories and encoded examples take at a time: some 10 MB at 100 items,
# little enough to stay in a processor's cache.
CHUNK_ROWS: Final = 4_096

Rows = npt.NDArray[np.void]


@dataclass(frozen=True)
class SplitShard:
    """The ratings of a shard with their splits, by user and time.

    Attributes:
        rows: shape [n], dtype `RATING_ROW`.
        split_codes: shape [n].
        history_index: over `rows`.
    """

    rows: Rows
    split_codes: npt.NDArray[np.int8]
    history_index: HistoryIndex

    def rows_of(self, split: str) -> Rows:
        """Returns the ratings of a split."""
        members: Rows = self.rows[self.split_codes == SPLIT_CODES[split]]
        return members

    def examples(self, split: str, movies: MovieTable) -> Iterator[list[bytes]]:
        """Yields the serialized examples of a split, a chunk at a time.

        Args:
            split: `train`, `eval` or `test`.
            movies: knows every rated movie.
        """
        code = SPLIT_CODES[split]
        members = np.flatnonzero(self.split_codes == code)
        # Columns of their own are gathered from three times as fast as fields of wide rows.
        movie_ids = np.ascontiguousarray(self.rows["movie_id"])
        ratings = np.ascontiguousarray(self.rows["rating"])
        for start in range(0, len(members), CHUNK_ROWS):
            chunk = members[start : start + CHUNK_ROWS]
            offsets, seen = self.history_index.gather(chunk, code)
            histories = HistoryLists(offsets, movie_ids[seen], ratings[seen])
            yield encode_ratings(self.rows[chunk], movies, histories)


def split_shard(rows: Rows, config: IngestConfig, cuts: TimeCuts | None) -> SplitShard:
    """Splits the ratings of some users and prepares their histories.

    Args:
        rows: shape [n], dtype `RATING_ROW`, in file order, without duplicates.
        config: the split and the history.
        cuts: the instants of `global_time`, None under the other splits.
    """
    codes = assign_splits(
        rows["user_id"], rows["movie_id"], rows["rating"], rows["timestamp"], config, cuts
    )
    return sorted_shard(rows, codes, config)


def sorted_shard(rows: Rows, codes: npt.NDArray[np.int8], config: IngestConfig) -> SplitShard:
    """Sorts split ratings by user and time, and prepares their histories.

    Args:
        rows: shape [n], dtype `RATING_ROW`, in any order, without duplicates.
        codes: shape [n], their splits.
        config: which ratings a history may hold.
    """
    # Neighbouring examples of a user compress to a fifteenth; trainers shuffle anyway.
    order = np.lexsort((rows["movie_id"], rows["timestamp"], rows["user_id"]))
    rows, codes = rows[order], codes[order]
    index = HistoryIndex.build(
        rows["user_id"],
        rows["movie_id"],
        rows["timestamp"],
        codes,
        mode=config.history,
        max_history=config.max_history,
        max_train_history=config.max_train_history,
    )
    return SplitShard(rows, codes, index)
