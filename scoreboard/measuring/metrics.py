"""Predictions of the test ratings, and what is measured of them: over all rows and by user."""

import dataclasses
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from components.evaluator.metric_kinds import (
    Direction,
    NumberOfUsers,
    RatingMetric,
    RowMetric,
    Table,
)
from components.evaluator.metrics import RANKING_METRICS, shown_in
from components.evaluator.metrics import measure as measure_rows
from components.evaluator.rated_rows import RatedRows
from movielens.constants import LIKED_THRESHOLD
from movielens.formulas import log_loss, rank_users

LOG_LOSS: Final = RowMetric(
    name="log_loss",
    label="log loss",
    description="Mean negative log likelihood of whether a test rating is a like, in nats.",
    direction=Direction.LOWER,
    compute=lambda rows: log_loss(rows.liked, rows.liked_scores),
)
_OF_THE_EVALUATOR: Final = shown_in(Table.BOARD)
# The columns of the board's tables of test ratings: errors first, then rankings.
METRICS: Final[tuple[RatingMetric, ...]] = (
    *(metric for metric in _OF_THE_EVALUATOR if metric.name not in RANKING_METRICS),
    LOG_LOSS,
    *(metric for metric in _OF_THE_EVALUATOR if metric.name in RANKING_METRICS),
)
_MEASURED: Final = (
    *METRICS,
    *(metric for metric in RANKING_METRICS.values() if isinstance(metric, NumberOfUsers)),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Predictions:
    """What a model predicts for the test ratings.

    Attributes:
        user_ids: int64 [n].
        movie_ids: int64 [n].
        ratings: float [n], the user's stars.
        predicted_ratings: float [n], the model's stars.
        liked_scores: float [n], higher means likelier at least four stars; ranks the movies.
        are_probabilities: Whether `liked_scores` may be read as P(rating >= 4).
    """

    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    ratings: NDArray[Any]
    predicted_ratings: NDArray[Any]
    liked_scores: NDArray[Any]
    are_probabilities: bool = False

    @property
    def liked(self) -> NDArray[np.bool_]:
        """The binary label, [n]."""
        liked: NDArray[np.bool_] = self.ratings >= LIKED_THRESHOLD
        return liked

    def rated_rows(self) -> RatedRows:
        """The predictions as the Evaluator's metrics take them; the bias baseline is unknown."""
        return RatedRows(
            user_ids=self.user_ids,
            movie_ids=self.movie_ids,
            ratings=self.ratings,
            liked=self.liked,
            predicted_ratings=self.predicted_ratings,
            liked_scores=self.liked_scores,
            bias_ratings=np.full(len(self.ratings), np.nan, np.float32),
        )

    def where(self, kept: NDArray[np.bool_]) -> Self:
        """Only the rows at which `kept` [n] is true."""
        return dataclasses.replace(
            self,
            user_ids=self.user_ids[kept],
            movie_ids=self.movie_ids[kept],
            ratings=self.ratings[kept],
            predicted_ratings=self.predicted_ratings[kept],
            liked_scores=self.liked_scores[kept],
        )


def measure(predictions: Predictions) -> dict[str, float]:
    """Computes `METRICS`, and how many rows and users they are over.

    Args:
        predictions: At least one row.

    Returns:
        Values by name. A metric that the rows do not define, such as AUC of likes alone, is left
        out, and so is log loss if the scores are no probabilities.

    Raises:
        ValueError: A prediction is not finite.
    """
    for name in ("predicted_ratings", "liked_scores"):
        wrong = np.count_nonzero(~np.isfinite(getattr(predictions, name)))
        if wrong:
            raise ValueError(
                f"{name} should be finite. Received {wrong} NaN or infinite values of "
                f"{len(predictions.ratings)}: did the training diverge?"
            )
    metrics = [each for each in _MEASURED if predictions.are_probabilities or each is not LOG_LOSS]
    values = measure_rows(predictions.rated_rows(), metrics)
    defined = {name: value for name, value in values.items() if np.isfinite(value)}
    return {"rows": float(len(predictions.ratings)), **defined}


def figures_by_user(predictions: Predictions) -> dict[str, list[float]]:
    """What paired differences are computed from; one entry a user, in ascending order of ids.

    Returns:
        `rows`, how many test ratings the user has; `squared_error`, summed over them, in stars
        squared; `ndcg` and `precision` of the user's own test movies; `strict` and `normal`,
        whether the user counts as such.
    """
    users = rank_users(
        predictions.user_ids, predictions.movie_ids, predictions.liked_scores, predictions.liked
    )
    errors = predictions.predicted_ratings.astype(np.float64) - predictions.ratings
    user = np.unique(predictions.user_ids, return_inverse=True)[1]
    return {
        "rows": users.rows.tolist(),
        "squared_error": np.bincount(user, np.square(errors), len(users.rows)).tolist(),
        "ndcg": users.ndcg.tolist(),
        "precision": users.precision.tolist(),
        "strict": users.strict.tolist(),
        "normal": users.normal.tolist(),
    }
