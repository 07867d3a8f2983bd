"""Compares two models on the same users: how far apart they are, and how certain that is.

Users differ far more than models do, so that the spread of a figure over users says little about
which model is better. That is why differences are taken user by user.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from components.evaluator.metrics import ALL_METRICS, RANKING_METRICS, RMSE
from movielens.formulas import mean_or_nan
from scoreboard.cells import Result

# The metrics that are means of a figure by user, with that figure.
_MEANS_OVER_USERS: Final = {
    metric: metric.figure for metric in RANKING_METRICS.values() if metric.figure
}
PAIRED_METRICS: Final = (ALL_METRICS[RMSE], *_MEANS_OVER_USERS)


def paired_differences(
    results: Sequence[Result], others: Sequence[Result]
) -> dict[str, tuple[float, float]]:
    """Returns the metrics of one model minus those of another, each averaged over its seeds.

    The results of both are under one protocol, one a seed, with figures of the same users. The
    difference of the RMSEs is the difference of the mean squared errors, divided by the sum of the
    RMSEs. Its standard error is that of a ratio, for a sample of users (Cochran 1977, eq. 6.12).
    Difference and standard error are by the names of `PAIRED_METRICS`.
    """
    mine, theirs = _mean_over_seeds(results), _mean_over_seeds(others)
    rows = mine["rows"]
    apart = mine["squared_error"] - theirs["squared_error"]
    scale = sum(np.sqrt(each["squared_error"].sum() / rows.sum()) for each in (mine, theirs))
    mean = apart.sum() / rows.sum()
    variance = np.square(apart - mean * rows).sum() / rows.sum() ** 2
    differences = {RMSE: (float(mean / scale), float(np.sqrt(variance) / scale))}
    for metric, figure in _MEANS_OVER_USERS.items():
        apart = (mine[figure] - theirs[figure])[mine[metric.group] > 0]
        error = apart.std(ddof=1) / np.sqrt(len(apart)) if len(apart) > 1 else float("nan")
        differences[metric.name] = mean_or_nan(apart), float(error)
    return differences


def _mean_over_seeds(results: Sequence[Result]) -> dict[str, NDArray[np.float64]]:
    columns = [result.by_user for result in results if result.by_user is not None]
    return {name: np.mean([each[name] for each in columns], axis=0) for name in columns[0]}
