"""How good predictions are, on arrays."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]


def root_mean_squared_error(predicted: Floats, actual: Floats) -> float:
    """The RMSE of predictions [n], in their unit.

    >>> root_mean_squared_error(np.array([3.0, 5.0]), np.array([4.0, 4.0]))
    1.0
    """
    return float(np.sqrt(np.mean(np.square(predicted - actual, dtype=np.float64))))


def log_loss(probability: Floats, happened: NDArray[np.bool_]) -> float:
    """Mean negative log likelihood of [n] events, natural logarithm.

    Probabilities are held 1e-7 off 0 and 1, so that one sure mistake costs 16 and not infinity.

    >>> round(log_loss(np.array([0.5, 0.25]), np.array([True, False])), 4)
    0.4904
    """
    kept = np.clip(probability.astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.mean(np.log(np.where(happened, kept, 1 - kept))))


def area_under_roc_curve(scores: Floats, positive: NDArray[np.bool_]) -> float | None:
    """Probability that a positive scores above a negative, a tie counting half.

    From the rank sum (Mann & Whitney 1947), tied scores sharing their mean rank.

    Returns:
        None if all are positive or none is.

    >>> area_under_roc_curve(np.array([1.0, 2.0, 2.0]), np.array([False, True, False]))
    0.75
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    rank_sum = float(mean_rank[inverse][positive].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)
