"""The formulas that predicted ratings are judged by, on NumPy arrays, in double precision.

Trainer, Evaluator and scoreboard call them; the tests check them by computations of their own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

CUTOFF: Final = 10
# A gain at rank r = 1, 2, ... is worth 1 / log2(r + 1) (Järvelin and Kekäläinen, 2002).
DISCOUNTS: Final = 1.0 / np.log2(np.arange(2, CUTOFF + 2))
# Probabilities stay this far from 0 and 1, so that one certain mistake costs 16 and not infinity.
SMALLEST_PROBABILITY: Final = 1e-7


def root_mean_squared_error(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Root of the mean squared difference.

    >>> root_mean_squared_error([5.0, 3.0, 3.0, 3.0], [3.0, 3.0, 3.0, 3.0])
    1.0
    """
    return float(np.sqrt(np.mean(np.square(_difference(actual, predicted)))))


def mean_absolute_error(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute difference.

    >>> mean_absolute_error([4.0, 2.0], [4.5, 3.5])
    1.0
    """
    return float(np.mean(np.abs(_difference(actual, predicted))))


def log_loss(happened: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean negative log likelihood of events, with the natural logarithm.

    `happened` is bool [n], `probabilities` float [n], clipped by `SMALLEST_PROBABILITY`.

    >>> round(log_loss([True, False], [0.5, 0.25]), 4)
    0.4904
    """
    likely = np.asarray(probabilities, dtype=np.float64)
    likely = np.clip(likely, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return float(-np.mean(np.log(np.where(happened, likely, 1 - likely))))


def area_under_roc_curve(positive: ArrayLike, scores: ArrayLike) -> float:
    """Probability that a random positive outscores a random negative; a tie counts one half.

    Exact, by the rank sum of Mann and Whitney (1947): with mid-ranks r of the scores, P positives
    and N negatives, AUC = (sum of r over positives - P (P + 1) / 2) / (P N). One sort, O(n log n).
    NaN if there is no positive or no negative. `positive` is bool [n], `scores` float [n].

    >>> area_under_roc_curve([True, False, True, False], [0.9, 0.5, 0.5, 0.1])
    0.875
    """
    is_positive = np.asarray(positive, dtype=np.bool_)
    positives = int(np.count_nonzero(is_positive))
    negatives = len(is_positive) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    _, group, sizes = np.unique(np.asarray(scores), return_inverse=True, return_counts=True)
    mid_ranks = np.cumsum(sizes) - (sizes - 1) / 2
    rank_sum = float(np.sum(mid_ranks[group][is_positive]))
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


@dataclass(frozen=True, kw_only=True)
class RankedUsers:
    """How well each user's own movies are ranked; [users], in ascending order of user id."""

    rows: NDArray[np.int64]  # how many rows the user has
    positives: NDArray[np.int64]  # how many of them are liked
    ndcg: NDArray[np.float64]  # NDCG@10 with binary gain; 0 for a user without a positive
    precision: NDArray[np.float64]  # positives among the 10 best scored / 10, even of fewer rows

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
    scores: NDArray[np.floating],
    liked: NDArray[np.bool_],
) -> RankedUsers:
    """Ranks every user's rows by score, best first; ties by ascending movie id.

    With this rule for ties, a constant score gains nothing from the order of the rows. All arrays
    are [n], n at least 1, in any order; `liked` is the gain.

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


def novelty(raters: ArrayLike, users: int) -> float:
    """Mean of -log2(raters / users) over movies that are shown, in bits.

    `raters` [n] is how many of the users have rated each movie; none counts as one.

    >>> novelty([2, 0], 4)
    1.5
    """
    share = np.maximum(np.asarray(raters), 1) / users
    return float(-np.log2(share).mean())


def mean_or_nan(values: NDArray[np.float64]) -> float:
    """The mean; NaN if there is nothing to average."""
    return float(np.mean(values)) if len(values) else float("nan")


def _difference(actual: ArrayLike, predicted: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(actual, dtype=np.float64) - np.asarray(predicted, dtype=np.float64)
