"""All ratings of some users, as arrays: split, given their histories, and encoded by chunks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from components.movielens_example_gen.encoding import HistoryLists, encode_ratings
from movielens.config import IngestConfig
from movielens.histories import HistoryIndex
from movielens.ratings import Rows
from movielens.reading.movies import MovieTable
from movielens.splits import SPLIT_CODES, TimeCuts, assign_splits
from transform_module import features

# Bounds the memory of histories and encoded examples: some 10 MB at 100 items, little enough for a
# processor's cache.
CHUNK_ROWS: Final = 4_096


@dataclass(frozen=True)
class SplitShard:
    """The ratings of a shard with their splits, by user and time."""

    rows: Rows  # [n], dtype `RATING_ROW`
    split_codes: npt.NDArray[np.int8]  # [n]
    history_index: HistoryIndex  # over `rows`

    def rows_of(self, split: str) -> Rows:
        """Returns the ratings of a split."""
        members: Rows = self.rows[self.split_codes == SPLIT_CODES[split]]
        return members

    def examples(self, split: str, movies: MovieTable) -> Iterator[list[bytes]]:
        """Yields the serialized examples of a split, a chunk at a time.

        Train rows have no histories: they would be most of the bytes, and the trainer makes them
        from the train ratings.
        """
        code = SPLIT_CODES[split]
        members = np.flatnonzero(self.split_codes == code)
        # Gathering from columns of their own is three times as fast as from fields of wide rows.
        movie_ids = np.ascontiguousarray(self.rows["movie_id"])
        ratings = np.ascontiguousarray(self.rows["rating"])
        for start in range(0, len(members), CHUNK_ROWS):
            chunk = members[start : start + CHUNK_ROWS]
            histories = None
            if split != features.SPLIT_TRAIN:
                offsets, seen = self.history_index.gather(chunk, code)
                histories = HistoryLists(offsets, movie_ids[seen], ratings[seen])
            yield encode_ratings(self.rows[chunk], movies, histories)


def split_shard(rows: Rows, config: IngestConfig, cuts: TimeCuts | None) -> SplitShard:
    """Splits ratings of some users (in file order, without duplicates) and prepares histories."""
    codes = assign_splits(
        rows["user_id"], rows["movie_id"], rows["rating"], rows["timestamp"], config, cuts
    )
    return sorted_shard(rows, codes, config)


def sorted_shard(rows: Rows, codes: npt.NDArray[np.int8], config: IngestConfig) -> SplitShard:
    """Sorts ratings with the `codes` of their splits by user and time, and prepares histories."""
    # Neighbouring examples of a user compress to a fifteenth; trainers shuffle anyway.
    order = np.lexsort((rows["movie_id"], rows["timestamp"], rows["user_id"]))
    rows, codes = rows[order], codes[order]
    index = HistoryIndex(
        rows["user_id"],
        rows["movie_id"],
        rows["timestamp"],
        codes,
        max_history=config.max_history,
    )
    return SplitShard(rows, codes, index)
