"""What is measured of predictions of the test ratings, over all of them and user by user."""

import dataclasses
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from movielens.constants import LIKED_THRESHOLD
from movielens.formulas import (
    RankedUsers,
    area_under_roc_curve,
    log_loss,
    mean_absolute_error,
    mean_or_nan,
    rank_users,
    root_mean_squared_error,
)

METRICS: Final = (
    "rmse",
    "mae",
    "auc",
    "log_loss",
    "ndcg_strict",
    "ndcg_normal",
    "p10_strict",
    "p10_normal",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Predictions:
    """What a model says of the test ratings.

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
    """All of `METRICS` that are defined, and the rows and users they are over.

    Args:
        predictions: At least one row.

    Returns:
        Values by name. A metric that the rows do not define (AUC of one class) is left out.

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
    values = {
        "rows": float(len(predictions.ratings)),
        "rmse": root_mean_squared_error(predictions.ratings, predictions.predicted_ratings),
        "mae": mean_absolute_error(predictions.ratings, predictions.predicted_ratings),
        "auc": area_under_roc_curve(predictions.liked, predictions.liked_scores),
        **_ranking_metrics(predictions),
    }
    if predictions.are_probabilities:
        values["log_loss"] = log_loss(predictions.liked, predictions.liked_scores)
    return {name: value for name, value in values.items() if np.isfinite(value)}


def figures_by_user(predictions: Predictions) -> dict[str, list[float]]:
    """What paired differences are computed from; one entry a user, in ascending order of ids.

    Returns:
        `rows`, how many test ratings the user has; `squared_error`, summed over them, in stars
        squared; `ndcg` and `precision` of the user's own test movies; `strict` and `normal`,
        whether the user counts as such.
    """
    users = _ranked(predictions)
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


def _ranking_metrics(predictions: Predictions) -> dict[str, float]:
    """NDCG@10 and precision@10, means over users; NaN without such a user."""
    users = _ranked(predictions)
    values = {}
    for group, members in (("strict", users.strict), ("normal", users.normal)):
        values[f"users_{group}"] = float(members.sum())
        values[f"ndcg_{group}"] = mean_or_nan(users.ndcg[members])
        values[f"p10_{group}"] = mean_or_nan(users.precision[members])
    return values


def _ranked(predictions: Predictions) -> RankedUsers:
    return rank_users(
        predictions.user_ids, predictions.movie_ids, predictions.liked_scores, predictions.liked
    )
