"""What a model is trained for: the loss on its raw score, and what the score then means."""

import abc
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.calibration import (
    LIKE_BORDER,
    Calibration,
    LogitCalibration,
    StarCalibration,
)
from transform_module import features

# Keeps a perfect fit from dividing by nothing, and the order of ratings that of the scores even
# where the scores say nothing.
_LEAST_DEVIATION = 1e-3
_LEAST_SLOPE = 1e-3


class Objective(abc.ABC):
    """The meaning of a raw score. Labels are stars, whatever becomes of them."""

    score_per_star: float
    """What a star more adds to the score before anything is learned."""

    @abc.abstractmethod
    def score_of_stars(self, stars: Any) -> Any:
        """The score that stands for an expected rating, before anything is learned."""

    @abc.abstractmethod
    def loss(self) -> keras.losses.Loss:
        """The loss of raw scores [B] against stars [B]."""

    @abc.abstractmethod
    def error(self) -> keras.metrics.Metric:
        """What early stopping watches on eval; the less, the better."""

    @abc.abstractmethod
    def calibrate(self, scores: NDArray[np.float32], ratings: NDArray[np.float32]) -> Calibration:
        """Fits how answers are read off scores.

        Args:
            scores: [n], raw, of the eval split.
            ratings: [n], stars.
        """


class MeanSquaredError(Objective):
    """Regression on the stars: the raw score is the predicted rating."""

    score_per_star = 1.0

    def score_of_stars(self, stars: Any) -> Any:
        return stars

    def loss(self) -> keras.losses.Loss:
        return keras.losses.MeanSquaredError()

    def error(self) -> keras.metrics.Metric:
        return keras.metrics.RootMeanSquaredError(name="rmse")

    def calibrate(
        self, scores: NDArray[np.float32], ratings: NDArray[np.float32]
    ) -> StarCalibration:
        clipped = np.clip(scores, features.MIN_RATING, features.MAX_RATING)
        deviation = float(np.sqrt(np.mean(np.square(clipped - ratings, dtype=np.float64))))
        return StarCalibration(max(deviation, _LEAST_DEVIATION))


class CrossEntropy(Objective):
    """Classification: the raw score is the logit of a like.

    Source: slide "Functions of Classification", `f = sigmoid(u . m + b_u + b_m + b_global)`. The
    slides then report the RMSE of the logit, 1.44, "not comparable"; here the predicted rating is
    the straight line in the logit that fits the eval ratings best. (A step function
    from isotonic regression has 0.001 less RMSE on real data and ties what should be ranked.)
    """

    # Ratings lie about 0.9 stars around what movie and user explain. The normal distribution
    # function at x is close to the logistic one at 1.7 x.
    score_per_star = 1.7 / 0.9

    def score_of_stars(self, stars: Any) -> Any:
        return self.score_per_star * (stars - LIKE_BORDER)

    def loss(self) -> keras.losses.Loss:
        return _LikeCrossEntropy()

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


class _LikeCrossEntropy(keras.losses.Loss):
    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return _like_cross_entropy(y_true, y_pred)


def _like_cross_entropy(ratings: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Cross entropy [B] of logits [B] against "at least four stars", natural logarithm."""
    liked = tf.cast(ratings >= features.LIKED_THRESHOLD, logits.dtype)
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=liked, logits=logits)


OBJECTIVES: dict[str, type[Objective]] = {"mse": MeanSquaredError, "cross_entropy": CrossEntropy}
