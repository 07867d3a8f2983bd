"""What a model is trained for: the loss of its raw score, and what the score means."""

import abc
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.models.calibration import (
    LIKE_BORDER,
    STEPS,
    Calibration,
    LogitCalibration,
    OrdinalCalibration,
    StarCalibration,
)
from transform_module import features

# A perfect fit must not divide by nothing, and ratings must rise with scores even if the scores
# say nothing.
_LEAST_DEVIATION = 1e-3
_LEAST_SLOPE = 1e-3


class Objective(abc.ABC):
    """The meaning of a raw score. Labels are always stars, [B].

    A raw score of B pairs is [B] or, of several networks side by side, [B, E]. If it has parts,
    they stand on one more axis, the last.
    """

    parts: int | None = None  # numbers in a raw score; None for one without an axis of its own
    score_per_star: float  # how much higher a score starts for a rating one star higher

    @abc.abstractmethod
    def score_of_stars(self, stars: Any) -> Any:
        """The score to start from for an expected rating."""

    @abc.abstractmethod
    def loss(self) -> keras.losses.Loss:
        """The loss of raw scores against stars."""

    @abc.abstractmethod
    def error(self) -> keras.metrics.Metric:
        """What early stopping watches on eval; lower is better."""

    @abc.abstractmethod
    def calibrate(self, scores: NDArray[np.float32], ratings: NDArray[np.float32]) -> Calibration:
        """Fits how answers are read off scores.

        Args:
            scores: [n] or [n, parts], raw, of the eval split.
            ratings: [n], stars.
        """


class MeanSquaredError(Objective):
    """Regression on the stars: the raw score is the predicted rating."""

    score_per_star = 1.0

    def score_of_stars(self, stars: Any) -> Any:
        return stars

    def loss(self) -> keras.losses.Loss:
        return _Loss(_squared_error)

    def error(self) -> keras.metrics.Metric:
        return _RootMeanSquaredError(lambda scores: scores)

    def calibrate(
        self, scores: NDArray[np.float32], ratings: NDArray[np.float32]
    ) -> StarCalibration:
        clipped = np.clip(scores, features.MIN_RATING, features.MAX_RATING)
        deviation = float(np.sqrt(np.mean(np.square(clipped - ratings, dtype=np.float64))))
        return StarCalibration(max(deviation, _LEAST_DEVIATION))


class CrossEntropy(Objective):
    """Classification: the raw score is the logit of a like.

    Source: slide "Functions of Classification", `f = sigmoid(u . m + b_u + b_m + b_global)`. The
    predicted rating is the straight line in the logit that fits the eval ratings best.
    """

    # Ratings lie about 0.9 stars around what movie and user explain. The normal distribution
    # function at x is close to the logistic one at 1.7 x.
    score_per_star = 1.7 / 0.9

    def score_of_stars(self, stars: Any) -> Any:
        return self.score_per_star * (stars - LIKE_BORDER)

    def loss(self) -> keras.losses.Loss:
        return _Loss(_like_cross_entropy)

    def error(self) -> keras.metrics.Metric:
        return keras.metrics.MeanMetricWrapper(_like_cross_entropy, name="log_loss")

    def calibrate(
        self, scores: NDArray[np.float32], ratings: NDArray[np.float32]
    ) -> LogitCalibration:
        centred = scores.astype(np.float64) - scores.mean(dtype=np.float64)
        spread = float(np.mean(np.square(centred)))
        slope = float(np.mean(centred * ratings)) / spread if spread > 0 else 0.0
        slope = max(slope, _LEAST_SLOPE)
        intercept = float(ratings.mean(dtype=np.float64) - slope * scores.mean(dtype=np.float64))
        return LogitCalibration(intercept, slope)


class Ordinal(Objective):
    """Ordinal regression: a logit for each step of the scale, P(rating >= 1) ... P(rating >= 5).

    The sum of the probabilities gives the expected rating, and one of them is that of a like.
    (Cheng, Wang & Pollastri 2008, "A neural network approach to ordinal regression".) The loss is
    twice the mean cross entropy of the steps plus half the squared error of the expected rating.
    """

    parts = len(STEPS)
    score_per_star = CrossEntropy.score_per_star

    def score_of_stars(self, stars: Any) -> Any:
        border = np.asarray(STEPS, np.float32) - features.RATING_STEP / 2
        return self.score_per_star * (np.asarray(stars)[..., np.newaxis] - border)

    def loss(self) -> keras.losses.Loss:
        return _Loss(_ordinal_loss)

    def error(self) -> keras.metrics.Metric:
        return _RootMeanSquaredError(OrdinalCalibration().stars)

    def calibrate(
        self,
        scores: NDArray[np.float32],  # noqa: ARG002 - the probabilities need no fitting
        ratings: NDArray[np.float32],  # noqa: ARG002
    ) -> OrdinalCalibration:
        return OrdinalCalibration()


class _Loss(keras.losses.Loss):
    """The mean of a function of stars and scores."""

    def __init__(self, function: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]) -> None:
        super().__init__()
        self._function = function

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return self._function(y_true, y_pred)


class _RootMeanSquaredError(keras.metrics.Mean):
    """RMSE in stars of the expected ratings that a function reads off scores."""

    def __init__(self, stars_of: Callable[[tf.Tensor], tf.Tensor]) -> None:
        super().__init__(name="rmse")
        self._stars_of = stars_of

    def update_state(self, y_true: tf.Tensor, y_pred: tf.Tensor, sample_weight: Any = None) -> Any:
        return super().update_state(_squared_error(y_true, self._stars_of(y_pred)), sample_weight)

    def result(self) -> tf.Tensor:
        return tf.sqrt(super().result())


def _squared_error(ratings: tf.Tensor, stars: tf.Tensor) -> tf.Tensor:
    return tf.square(stars - _beside(ratings, stars))


def _like_cross_entropy(ratings: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Cross entropy of logits against "at least four stars", natural logarithm."""
    return _cross_entropy(_beside(ratings, logits) >= features.LIKED_THRESHOLD, logits)


def _ordinal_loss(ratings: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """See `Ordinal`; logits [..., STEPS] to [...]."""
    stars = OrdinalCalibration().stars(logits)
    ratings = _beside(ratings, stars)
    steps = _cross_entropy(ratings[..., tf.newaxis] >= tf.constant(STEPS), logits)
    return 2.0 * tf.reduce_mean(steps, axis=-1) + 0.5 * tf.square(stars - ratings)


def _cross_entropy(happened: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Cross entropy of logits against events, whose shape is broadcast to that of the logits."""
    labels = tf.broadcast_to(tf.cast(happened, logits.dtype), tf.shape(logits))
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)


def _beside(ratings: tf.Tensor, stars: tf.Tensor) -> tf.Tensor:
    """Gives ratings [B] the rank, and so by broadcasting the shape, of stars [B] or [B, E]."""
    return tf.reshape(ratings, [-1, *[1] * (stars.shape.rank - 1)])


OBJECTIVES: dict[str, type[Objective]] = {
    "mse": MeanSquaredError,
    "cross_entropy": CrossEntropy,
    "ordinal": Ordinal,
}
