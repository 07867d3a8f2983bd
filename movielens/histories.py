"""What a user had rated before, or besides, the rating that a model is to predict.

The rules (never a test rating, never the candidate itself, most recent first):

| row   | its history                                                            |
|-------|------------------------------------------------------------------------|
| train | the user's other train ratings (`leave_one_out`), or those before it (`past`) |
| eval  | the user's train ratings                                               |
| test  | the user's train and eval ratings                                      |

"Recent" is by timestamp; ratings of the same second are ordered by movie id.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from movielens.config import HistoryMode
from movielens.splits import EVAL, TEST, TRAIN, rank_in_group

Ids = npt.NDArray[np.int64]


class Histories(NamedTuple):
    """Ragged lists of row numbers."""

    offsets: npt.NDArray[np.int32]  # [n + 1]; history i is `rows[offsets[i]:offsets[i + 1]]`
    rows: Ids  # [offsets[n]], positions in the arrays that the index was built from


class _VisibleRatings(NamedTuple):
    """The ratings that a kind of row may see, most recent first within each user."""

    rows: Ids
    starts: Ids  # by user: where in `rows` the user's ratings begin
    counts: Ids  # by user


class HistoryIndex:
    """Answers "which ratings may this row see?" for many rows at once, without a loop over users.

    Building costs one sort. The time and memory of `gather` are proportional to what it returns, so
    callers bound the memory by the number of rows they ask for at a time.
    """

    def __init__(
        self,
        user_ids: Ids,
        movie_ids: Ids,
        timestamps: Ids,
        split_codes: npt.NDArray[np.int8],
        *,
        mode: HistoryMode = "leave_one_out",
        max_history: int,
    ) -> None:
        """Sorts all ratings [n] of some users by time; their splits are those of `assign_splits`.

        `mode` says what a train row sees. A history has the `max_history` most recent ratings.
        """
        users, user = np.unique(user_ids, return_inverse=True)
        # Reversed ascending order: within a user the most recent first, ties by descending id.
        recent_first = np.lexsort((movie_ids, timestamps, user))[::-1]
        trained = recent_first[split_codes[recent_first] == TRAIN]
        untested = recent_first[split_codes[recent_first] != TEST]
        self._user, self._split_codes, self._mode = user, split_codes, mode
        self._train_rank = np.full(len(user), -1, np.int64)
        self._train_rank[trained] = rank_in_group(user[trained])[0]
        seen_while_training = _visible(trained, user, len(users))
        self._visible_to = {
            int(TRAIN): seen_while_training,
            int(EVAL): seen_while_training,
            int(TEST): _visible(untested, user, len(users)),
        }
        self._max_history = max_history

    def gather(self, rows: Ids, split_code: np.int8) -> Histories:
        """Returns the histories of rows [m], all of one split: others would see too much."""
        if np.any(self._split_codes[rows] != split_code):
            raise ValueError(f"All rows asked for should be in split {split_code}; some are not.")
        visible = self._visible_to[int(split_code)]
        user = self._user[rows]
        start, available = visible.starts[user], visible.counts[user]
        own = start + self._train_rank[rows]  # place of a train row itself among the visible ones
        if split_code == TRAIN and self._mode == "past":
            start, available = own + 1, available - (own + 1 - start)
        elif split_code == TRAIN:
            available = available - 1
        lengths = np.minimum(available, self._max_history)
        offsets = np.zeros(len(rows) + 1, np.int32)
        np.cumsum(lengths, out=offsets[1:])
        places = np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], lengths)
        if split_code == TRAIN and self._mode == "leave_one_out":
            places += places >= np.repeat(own, lengths)
        return Histories(offsets, visible.rows[places])


def _visible(rows: Ids, user: Ids, users: int) -> _VisibleRatings:
    counts = np.bincount(user[rows], minlength=users)
    # `rows` runs from the last user to the first, because it is a reversed ascending order.
    starts = len(rows) - np.cumsum(counts)
    return _VisibleRatings(rows, starts, counts)
