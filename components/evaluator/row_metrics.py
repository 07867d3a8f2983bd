"""Metrics of rows taken one by one: errors in stars, and the area under the ROC curve."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def root_mean_squared_error(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Root of the mean squared difference, in double precision.

    >>> root_mean_squared_error([5.0, 3.0, 3.0, 3.0], [3.0, 3.0, 3.0, 3.0])
    1.0
    """
    return float(np.sqrt(np.mean(np.square(_difference(actual, predicted)))))


def mean_absolute_error(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute difference, in double precision.

    >>> mean_absolute_error([4.0, 2.0], [4.5, 3.5])
    1.0
    """
    return float(np.mean(np.abs(_difference(actual, predicted))))


def area_under_roc_curve(positive: ArrayLike, scores: ArrayLike) -> float:
    """Probability that a random positive outscores a random negative; a tie counts one half.

    Exact, by the rank sum of Mann and Whitney (1947): with mid-ranks r of the scores, P positives
    and N negatives, AUC = (sum of r over positives - P (P + 1) / 2) / (P N). One sort, O(n log n).

    Args:
        positive: bool [n].
        scores: float [n], higher means likelier positive.

    Returns:
        The area, in 0..1; NaN where there is no positive or no negative.

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


def _difference(actual: ArrayLike, predicted: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(actual, dtype=np.float64) - np.asarray(predicted, dtype=np.float64)
