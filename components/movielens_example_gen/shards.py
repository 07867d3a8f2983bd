"""All ratings of some users, as arrays: the latest of each movie, split, and encoded by chunks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from components.movielens_example_gen.config import IngestConfig
from components.movielens_example_gen.encoding import HistoryLists, encode_ratings
from components.movielens_example_gen.histories import HistoryIndex
from components.movielens_example_gen.movies import MovieTable
from components.movielens_example_gen.ratings import AGE_SHIFT
from components.movielens_example_gen.splits import SPLIT_CODES, TimeCuts, assign_splits

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


class Distinct(NamedTuple):
    """Ratings of which no user has two of a movie.

    Attributes:
        rows: Shape [n], dtype `RATING_ROW`, in the order of `line`.
        superseded: How many ratings a later one of the same user and movie replaces.
    """

    rows: Rows
    superseded: int


def keep_one_a_pair(rows: Rows) -> Distinct:
    """Keeps the latest rating of each user and movie.

    The newest span's counts; of two in one span, that with the later timestamp; of two with the
    same timestamp, the last line.

    Args:
        rows: Shape [n], dtype `RATING_ROW`, in any order.
    """
    rows = rows[np.argsort(rows["line"])]
    age = rows["line"] >> AGE_SHIFT
    by_pair = np.lexsort((rows["line"], rows["timestamp"], -age, rows["movie_id"], rows["user_id"]))
    users, movies = rows["user_id"][by_pair], rows["movie_id"][by_pair]
    is_superseded = np.zeros(len(rows), bool)
    is_superseded[by_pair[:-1]] = (users[1:] == users[:-1]) & (movies[1:] == movies[:-1])
    return Distinct(rows[~is_superseded], int(np.count_nonzero(is_superseded)))


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
