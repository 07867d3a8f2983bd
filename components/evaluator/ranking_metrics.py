"""NDCG@10 and precision@10 of each user's test movies, ranked by score."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

CUTOFF: Final = 10
# A gain at rank r = 1, 2, ... is worth 1 / log2(r + 1) (Järvelin and Kekäläinen, 2002).
DISCOUNTS: Final = 1.0 / np.log2(np.arange(2, CUTOFF + 2))


@dataclass(frozen=True, kw_only=True)
class RankedUsers:
    """One entry a user, in ascending order of user id.

    Attributes:
        rows: int64 [users], how many rows the user has.
        positives: int64 [users], how many of them are liked.
        ndcg: float64 [users], NDCG@10 with binary gain; 0 where there is no positive.
        precision: float64 [users], positives among the 10 best scored / 10, even of fewer rows.
    """

    rows: NDArray[np.int64]
    positives: NDArray[np.int64]
    ndcg: NDArray[np.float64]
    precision: NDArray[np.float64]

    @property
    def normal(self) -> NDArray[np.bool_]:
        """Users with at least one positive and one negative."""
        return (self.positives >= 1) & (self.positives < self.rows)

    @property
    def strict(self) -> NDArray[np.bool_]:
        """Users with at least 10 rows, a positive, and no more positives than negatives."""
        negatives = self.rows - self.positives
        return (self.rows >= CUTOFF) & (self.positives >= 1) & (self.positives <= negatives)


def rank_users(
    user_ids: NDArray[np.int64],
    movie_ids: NDArray[np.int64],
    scores: NDArray[np.float32],
    liked: NDArray[np.bool_],
) -> RankedUsers:
    """Ranks every user's rows by score, best first; ties by ascending movie id.

    The tie rule makes a constant score carry no information from the order of the file.

    Args:
        user_ids: [n], in any order.
        movie_ids: [n].
        scores: [n], higher is better.
        liked: [n], the gain.

    Returns:
        The users, ascending by id.

    >>> one = np.array([7, 7]), np.array([1, 2]), np.array([0.1, 0.9]), np.array([True, False])
    >>> rank_users(*one).ndcg.round(4).tolist()  # the like is at rank 2: 1 / log2(3)
    [0.6309]
    >>> rank_users(*one).precision.tolist()
    [0.1]
    """
    order = np.lexsort((movie_ids, -scores, user_ids))
    users, gains = user_ids[order], liked[order].astype(np.int64)
    starts = np.flatnonzero(np.r_[True, users[1:] != users[:-1]])
    rows = np.diff(np.r_[starts, len(users)])
    ranks = np.arange(len(users)) - np.repeat(starts, rows)  # 0 is the best
    discounts = np.where(ranks < CUTOFF, DISCOUNTS[np.minimum(ranks, CUTOFF - 1)], 0.0)
    positives = np.add.reduceat(gains, starts)
    hits = np.add.reduceat(gains * (ranks < CUTOFF), starts)
    ideal_by_positives = np.r_[1.0, np.cumsum(DISCOUNTS)]  # no positive: the gain is 0, over 1
    ideal = ideal_by_positives[np.minimum(positives, CUTOFF)]
    gained = np.add.reduceat(gains * discounts, starts)
    return RankedUsers(rows=rows, positives=positives, ndcg=gained / ideal, precision=hits / CUTOFF)


def mean_or_nan(values: NDArray[np.float64]) -> float:
    """The mean; NaN where there is nothing to average.

    >>> mean_or_nan(np.array([]))
    nan
    """
    return float(np.mean(values)) if len(values) else float("nan")
