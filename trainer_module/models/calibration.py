"""How a model's raw score is read: as stars, and as the probability of a like."""

import abc
import dataclasses

import tensorflow as tf

from transform_module import features

# Ratings come in halves, so the border of a like lies between 3.5 and 4 stars.
LIKE_BORDER = features.LIKED_THRESHOLD - features.RATING_STEP / 2

# The ratings above the lowest.
STEPS = tuple(
    features.MIN_RATING + features.RATING_STEP * step
    for step in range(
        1, round((features.MAX_RATING - features.MIN_RATING) / features.RATING_STEP) + 1
    )
)


class Calibration(abc.ABC):
    """Reads answers off raw scores of any shape. Every answer rises with the score."""

    @abc.abstractmethod
    def stars(self, score: tf.Tensor) -> tf.Tensor:
        """Expected stars, float32, which may lie off the scale: movies are ranked by them."""

    @abc.abstractmethod
    def liked(self, score: tf.Tensor) -> tf.Tensor:
        """P(rating >= 4), float32, in [0, 1]."""

    def rating(self, score: tf.Tensor) -> tf.Tensor:
        """Predicted stars, float32, in [0.5, 5]."""
        return tf.clip_by_value(self.stars(score), features.MIN_RATING, features.MAX_RATING)


@dataclasses.dataclass(frozen=True)
class StarCalibration(Calibration):
    """The score is the rating; `deviation` is the ratings' around their predictions, in stars."""

    deviation: float

    def stars(self, score: tf.Tensor) -> tf.Tensor:
        return score

    def liked(self, score: tf.Tensor) -> tf.Tensor:
        """Probability of passing the border, if errors are normal with that deviation.

        >>> StarCalibration(1.0).liked(tf.constant([3.75, 4.75])).numpy().round(4).tolist()
        [0.5, 0.8413000106811523]
        """
        return 0.5 * (1.0 + tf.math.erf((score - LIKE_BORDER) / (self.deviation * 2.0**0.5)))


@dataclasses.dataclass(frozen=True)
class LogitCalibration(Calibration):
    """The score is the logit of a like; stars are a straight line in it."""

    intercept: float  # stars at the logit 0, even odds
    slope: float  # stars a logit, positive

    def stars(self, score: tf.Tensor) -> tf.Tensor:
        return self.intercept + self.slope * score

    def liked(self, score: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(score)


@dataclasses.dataclass(frozen=True)
class OrdinalCalibration(Calibration):
    """The score has, on its last axis, a logit for each of `STEPS`: whether it is reached."""

    def stars(self, score: tf.Tensor) -> tf.Tensor:
        """Half a star for each step, times its probability.

        >>> OrdinalCalibration().stars(tf.constant([[50.0] * 7 + [-50.0] * 2])).numpy().tolist()
        [4.0]
        """
        steps = tf.reduce_sum(tf.sigmoid(score), axis=-1)
        return features.MIN_RATING + features.RATING_STEP * steps

    def liked(self, score: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(score[..., STEPS.index(features.LIKED_THRESHOLD)])
