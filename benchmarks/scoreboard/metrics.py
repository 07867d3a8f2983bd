"""The slides' metrics from exported predictions, in NumPy alone.

Written apart from `components.evaluator`, by other formulas where there are any, so that the two
check each other: `tests/benchmarks/scoreboard/test_metrics.py` holds them to 1e-6.
"""

import dataclasses
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

LIKED_THRESHOLD: Final = 4.0
CUTOFF: Final = 10
_DISCOUNTS: Final = 1.0 / np.log2(np.arange(CUTOFF) + 2.0)
_SMALLEST_PROBABILITY: Final = 1e-7  # float32's resolution near 1: log loss stays finite

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
        are_probabilities: whether `liked_scores` may be read as P(rating >= 4).
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
    errors = predictions.predicted_ratings.astype(np.float64) - predictions.ratings
    values = {
        "rows": float(len(errors)),
        "rmse": float(np.sqrt(np.mean(errors**2))),
        "mae": float(np.mean(np.abs(errors))),
        "auc": area_under_curve(predictions.liked, predictions.liked_scores),
        **ranking_metrics(predictions),
    }
    if predictions.are_probabilities:
        values["log_loss"] = log_loss(predictions.liked, predictions.liked_scores)
    return {name: value for name, value in values.items() if np.isfinite(value)}


def area_under_curve(liked: NDArray[np.bool_], scores: NDArray[Any]) -> float:
    """Share of pairs of a like and a dislike whose like scores higher; a tie counts one half.

    Args:
        liked: bool [n].
        scores: float [n].

    Returns:
        The area, in [0, 1]; NaN where a class is missing.

    >>> area_under_curve(np.array([True, False, False]), np.array([0.5, 0.5, 0.1]))
    0.75
    """
    positive, negative = scores[liked], np.sort(scores[~liked])
    if not len(positive) or not len(negative):
        return float("nan")
    below = np.searchsorted(negative, positive, side="left")
    not_above = np.searchsorted(negative, positive, side="right")
    return float(np.mean((below + not_above) / 2) / len(negative))


def log_loss(liked: NDArray[np.bool_], probabilities: NDArray[Any]) -> float:
    """Mean negative log likelihood of the binary label, in nats.

    >>> round(log_loss(np.array([True, False]), np.array([0.5, 0.75])), 4)  # (ln 2 + ln 4) / 2
    1.0397
    """
    certain = np.where(liked, probabilities, 1.0 - probabilities.astype(np.float64))
    return float(-np.mean(np.log(np.clip(certain, _SMALLEST_PROBABILITY, 1.0))))


def ranking_metrics(predictions: Predictions) -> dict[str, float]:
    """NDCG@10 and precision@10, each user's own test movies ranked; means over users.

    NaN where no user qualifies: see `UserFigures`.
    """
    users = UserFigures.of(predictions)
    values = {}
    for group, members in (("strict", users.strict), ("normal", users.normal)):
        values[f"users_{group}"] = float(members.sum())
        values[f"ndcg_{group}"] = _mean(users.ndcg[members])
        values[f"p10_{group}"] = _mean(users.precision[members])
    return values


@dataclasses.dataclass(frozen=True, kw_only=True)
class UserFigures:
    """Figures of each of U users, in ascending order of their ids. Ties in score break by movie id.

    Attributes:
        rows: int64 [U], test ratings.
        squared_error: float64 [U], summed over them, in stars squared.
        ndcg: float64 [U], NDCG@10 of the user's own test movies.
        precision: float64 [U], precision@10 of the same.
        strict: bool [U], at least 10 test ratings, a like, and no more likes than dislikes.
        normal: bool [U], at least one like and one dislike.
    """

    rows: NDArray[np.int64]
    squared_error: NDArray[np.float64]
    ndcg: NDArray[np.float64]
    precision: NDArray[np.float64]
    strict: NDArray[np.bool_]
    normal: NDArray[np.bool_]

    @classmethod
    def of(cls, predictions: Predictions) -> Self:
        """Computes them from predictions."""
        gains, sizes, likes = top_gains(predictions)
        ideal = np.cumsum(_DISCOUNTS)[np.clip(likes, 1, CUTOFF) - 1]
        errors = predictions.predicted_ratings.astype(np.float64) - predictions.ratings
        squares = np.square(errors)
        user = np.unique(predictions.user_ids, return_inverse=True)[1]
        dislikes = sizes - likes
        return cls(
            rows=sizes,
            squared_error=np.bincount(user, squares, len(sizes)).astype(np.float64),
            ndcg=gains @ _DISCOUNTS / ideal,
            precision=gains.sum(axis=1) / CUTOFF,
            strict=(sizes >= CUTOFF) & (likes > 0) & (likes <= dislikes),
            normal=(likes > 0) & (dislikes > 0),
        )


def top_gains(
    predictions: Predictions,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Gains of each user's ten best scored test movies.

    Returns:
        Gains [users, 10], 1 where a like stands at that rank; test ratings [users] and likes
        [users]; users in ascending order of id.
    """
    order = np.lexsort((predictions.movie_ids, -predictions.liked_scores, predictions.user_ids))
    _, user, sizes = np.unique(predictions.user_ids[order], return_inverse=True, return_counts=True)
    liked = predictions.liked[order]
    rank = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[user]
    shown = rank < CUTOFF
    gains = np.zeros((len(sizes), CUTOFF))
    gains[user[shown], rank[shown]] = liked[shown]
    return gains, sizes, np.bincount(user, weights=liked, minlength=len(sizes)).astype(np.int64)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
