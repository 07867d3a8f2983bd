"""The metrics of predicted test ratings: over all rows, and by user."""

from typing import Final

import numpy as np

from components.evaluator.metrics import (
    RANKING_METRICS,
    Direction,
    RatingMetric,
    RowMetric,
    Table,
    shown_in,
)
from components.evaluator.metrics import measure as measure_rows
from components.evaluator.rated_rows import RatedRows
from movielens.formulas import log_loss, rank_users
from movielens.jackknife import Estimate

LOG_LOSS: Final = RowMetric(
    name="log_loss",
    label="log loss",
    description="Mean negative log likelihood of whether a test rating is a like, in nats.",
    direction=Direction.LOWER,
    compute=lambda rows: Estimate.without_error(log_loss(rows.liked, rows.liked_scores)),
)
_OF_THE_EVALUATOR: Final = shown_in(Table.BOARD)
# The columns of the tables of test ratings: errors first, then rankings.
METRICS: Final[tuple[RatingMetric, ...]] = (
    *(metric for metric in _OF_THE_EVALUATOR if metric.name not in RANKING_METRICS),
    LOG_LOSS,
    *(metric for metric in _OF_THE_EVALUATOR if metric.name in RANKING_METRICS),
)
_MEASURED: Final = (
    *METRICS,
    *(metric for metric in RANKING_METRICS.values() if metric.figure is None),
)


def measure(rows: RatedRows, *, are_probabilities: bool) -> dict[str, float]:
    """Computes `METRICS`, and how many rows and users they are over, by name.

    Metrics that the rows do not define are missing, such as the AUC of likes alone, and the log
    loss unless the `liked_scores` are probabilities. A ValueError if a prediction is not finite.
    """
    for name in ("predicted_ratings", "liked_scores"):
        wrong = np.count_nonzero(~np.isfinite(getattr(rows, name)))
        if wrong:
            raise ValueError(
                f"{name} should be finite. Received {wrong} NaN or infinite values of "
                f"{len(rows)}: did the training diverge?"
            )
    metrics = [each for each in _MEASURED if are_probabilities or each is not LOG_LOSS]
    values = measure_rows(rows, metrics)
    defined = {name: value for name, value in values.items() if np.isfinite(value)}
    return {"rows": float(len(rows)), **defined}


def figures_by_user(rows: RatedRows) -> dict[str, list[float]]:
    """Returns what paired differences are computed from, one entry a user, by ascending id.

    Returns:
        `rows`, how many test ratings the user has; `squared_error`, summed over them, in stars
        squared; `ndcg` and `precision` of the user's own test movies; `strict` and `normal`,
        whether the user counts as such.
    """
    users = rank_users(rows.user_ids, rows.movie_ids, rows.liked_scores, rows.liked)
    errors = rows.predicted_ratings.astype(np.float64) - rows.ratings
    user = np.unique(rows.user_ids, return_inverse=True)[1]
    return {
        "rows": users.rows.tolist(),
        "squared_error": np.bincount(user, np.square(errors), len(users.rows)).tolist(),
        "ndcg": users.ndcg.tolist(),
        "precision": users.precision.tolist(),
        "strict": users.strict.tolist(),
        "normal": users.normal.tolist(),
    }
