"""Two models on the same users: how far apart, and how sure that is.

Users differ far more than models do, so that the spread of a figure over users says little of which
model is better. Differences are taken user by user.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoreboard.cells import Result

PAIRED_METRICS: Final = ("rmse", "ndcg_strict", "ndcg_normal", "p10_strict", "p10_normal")
_SOURCES: Final = {"ndcg": "ndcg", "p10": "precision"}

Figures = dict[str, NDArray[Any]]


def paired_differences(
    results: Sequence[Result], others: Sequence[Result]
) -> dict[str, tuple[float, float]]:
    """Figures of one model less those of another, each over its seeds.

    The difference of the RMSEs is that of the mean squared errors over the sum of the RMSEs; its
    standard error is that of a ratio, users being what is drawn (Cochran 1977, eq. 6.12).

    Args:
        results: One seed each, of one model under one protocol, with figures by user.
        others: The same of the other model; the users are the same.

    Returns:
        Difference and standard error by `PAIRED_METRICS`.
    """
    mine, theirs = _mean_over_seeds(results), _mean_over_seeds(others)
    rows = mine["rows"]
    apart = mine["squared_error"] - theirs["squared_error"]
    scale = sum(np.sqrt(each["squared_error"].sum() / rows.sum()) for each in (mine, theirs))
    mean = apart.sum() / rows.sum()
    variance = np.square(apart - mean * rows).sum() / rows.sum() ** 2
    differences = {"rmse": (float(mean / scale), float(np.sqrt(variance) / scale))}
    for name in PAIRED_METRICS[1:]:
        metric, _, group = name.partition("_")
        members = mine[group] > 0
        apart = (mine[_SOURCES[metric]] - theirs[_SOURCES[metric]])[members]
        error = apart.std(ddof=1) / np.sqrt(len(apart)) if len(apart) > 1 else float("nan")
        differences[name] = float(apart.mean()) if len(apart) else float("nan"), float(error)
    return differences


def _mean_over_seeds(results: Sequence[Result]) -> Figures:
    columns = [result.by_user for result in results if result.by_user is not None]
    return {name: np.mean([each[name] for each in columns], axis=0) for name in columns[0]}
