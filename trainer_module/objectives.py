"""What a model is trained for: the loss on its raw score, and the answers read off that score."""

import abc
from typing import Any

import keras
import tensorflow as tf

from transform_module import features

# Ratings come in halves, so the border of a like lies between 3.5 and 4 stars.
LIKE_BORDER = features.LIKED_THRESHOLD - features.RATING_STEP / 2


class Objective(abc.ABC):
    """The meaning of a raw score."""

    label: str
    """The transformed feature that the score is trained on."""

    @abc.abstractmethod
    def loss(self) -> keras.losses.Loss:
        """The loss of a raw score [B] against `label` [B]."""

    @abc.abstractmethod
    def rating(self, score: tf.Tensor) -> tf.Tensor:
        """Predicted stars, float32, in [0.5, 5], of raw scores of any shape."""

    @abc.abstractmethod
    def liked(self, score: tf.Tensor, deviation: Any) -> tf.Tensor:
        """P(rating >= 4), float32, in [0, 1], of raw scores of any shape.

        Args:
            score: Raw scores.
            deviation: Root mean squared error of the predicted stars on the eval split.
        """


class MeanSquaredError(Objective):
    """Regression on the stars: the raw score is the predicted rating."""

    label = features.RATING

    def loss(self) -> keras.losses.Loss:
        return keras.losses.MeanSquaredError()

    def rating(self, score: tf.Tensor) -> tf.Tensor:
        return tf.clip_by_value(score, features.MIN_RATING, features.MAX_RATING)

    def liked(self, score: tf.Tensor, deviation: Any) -> tf.Tensor:
        """Probit of the distance to the border, for normal errors of the given deviation."""
        return 0.5 * (1.0 + tf.math.erf((score - LIKE_BORDER) / (deviation * 2.0**0.5)))


OBJECTIVES: dict[str, type[Objective]] = {"mse": MeanSquaredError}
