"""What a model is trained for: the loss of its raw score, and how the score is read."""

import abc
import dataclasses
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from transform_module import features

Floats = NDArray[np.float32]

# Ratings come in halves, so the border of a like lies between 3.5 and 4 stars.
LIKE_BORDER = features.LIKED_THRESHOLD - features.RATING_STEP / 2

# The ratings above the lowest.
_LOWER = np.arange(features.MIN_RATING, features.MAX_RATING, features.RATING_STEP)
STEPS = tuple((_LOWER + features.RATING_STEP).tolist())

# Ratings lie about 0.9 stars around what movie and user explain. The normal distribution function
# at x is close to the logistic one at 1.7 x.
_LOGITS_PER_STAR = 1.7 / 0.9
# A perfect fit must not divide by nothing, and ratings must rise with scores even if the scores
# say nothing.
_LEAST_DEVIATION = 1e-3
_LEAST_SLOPE = 1e-3


class Objective(abc.ABC):
    """The meaning of a raw score. Labels are always stars, [B].

    A raw score of B pairs is [B] or, of several networks side by side, [B, E]. If it has parts,
    they stand on one more axis, the last. Every answer rises with the score.
    """

    # Numbers in a raw score; None for one number without an axis of its own.
    parts: ClassVar[int | None] = None
    # How much higher a score starts for a rating one star higher.
    score_per_star: ClassVar[float]

    @abc.abstractmethod
    def score_of_stars(self, stars: Any) -> Any:
        """The score to start from for an expected rating."""

    @abc.abstractmethod
    def losses(self, ratings: tf.Tensor, score: tf.Tensor) -> tf.Tensor:
        """The loss of each raw score against stars [B]; training lowers the mean."""

    def error(self) -> keras.metrics.Metric:
        """What early stopping watches on eval, lower is better: by default the RMSE in stars."""
        return _RootMeanSquaredError(self._squared_error, name="rmse")

    def calibrate(self, scores: Floats, ratings: Floats) -> "Objective":  # noqa: ARG002 - no fit
        """The same objective, whose answers fit raw scores, [n] or [n, parts], and stars [n]."""
        return self

    @abc.abstractmethod
    def stars(self, score: tf.Tensor) -> tf.Tensor:
        """Expected stars, float32, which may lie off the scale: movies are ranked by them."""

    @abc.abstractmethod
    def liked(self, score: tf.Tensor) -> tf.Tensor:
        """P(rating >= 4), float32, in [0, 1]."""

    def rating(self, score: tf.Tensor) -> tf.Tensor:
        """Predicted stars, float32, in [0.5, 5]."""
        return tf.clip_by_value(self.stars(score), features.MIN_RATING, features.MAX_RATING)

    def _squared_error(self, ratings: tf.Tensor, score: tf.Tensor) -> tf.Tensor:
        stars = self.stars(score)
        return tf.square(stars - _beside(ratings, stars))


@dataclasses.dataclass(frozen=True)
class MeanSquaredError(Objective):
    """Regression on the stars: the raw score is the predicted rating."""

    deviation: float = 1.0  # standard deviation of the ratings around their predictions, in stars
    score_per_star = 1.0

    def score_of_stars(self, stars: Any) -> Any:
        return stars

    def losses(self, ratings: tf.Tensor, score: tf.Tensor) -> tf.Tensor:
        return self._squared_error(ratings, score)

    def calibrate(self, scores: Floats, ratings: Floats) -> "MeanSquaredError":
        clipped = np.clip(scores, features.MIN_RATING, features.MAX_RATING)
        deviation = float(np.sqrt(np.mean(np.square(clipped - ratings, dtype=np.float64))))
        return MeanSquaredError(max(deviation, _LEAST_DEVIATION))

    def stars(self, score: tf.Tensor) -> tf.Tensor:
        return score

    def liked(self, score: tf.Tensor) -> tf.Tensor:
        """Probability of passing the border, if errors are normal with that deviation.

        >>> MeanSquaredError(1.0).liked(tf.constant([3.75, 4.75])).numpy().round(4).tolist()
        [0.5, 0.8413000106811523]
        """
        return 0.5 * (1.0 + tf.math.erf((score - LIKE_BORDER) / (self.deviation * 2.0**0.5)))


@dataclasses.dataclass(frozen=True)
class CrossEntropy(Objective):
    """Classification: the raw score is the logit of a like.

    Source: slide "Functions of Classification", `f = sigmoid(u . m + b_u + b_m + b_global)`. The
    predicted rating is the straight line in the logit that fits the eval ratings best.
    """

    intercept: float = LIKE_BORDER  # stars at the logit 0, even odds
    slope: float = 1 / _LOGITS_PER_STAR  # stars a logit, positive
    score_per_star = _LOGITS_PER_STAR

    def score_of_stars(self, stars: Any) -> Any:
        return self.score_per_star * (stars - LIKE_BORDER)

    def losses(self, ratings: tf.Tensor, score: tf.Tensor) -> tf.Tensor:
        """Cross entropy of logits against "at least four stars", natural logarithm."""
        return _cross_entropy(_beside(ratings, score) >= features.LIKED_THRESHOLD, score)

    def error(self) -> keras.metrics.Metric:
        return keras.metrics.MeanMetricWrapper(self.losses, name="log_loss")

    def calibrate(self, scores: Floats, ratings: Floats) -> "CrossEntropy":
        centred = scores.astype(np.float64) - scores.mean(dtype=np.float64)
        spread = float(np.mean(np.square(centred)))
        slope = float(np.mean(centred * ratings)) / spread if spread > 0 else 0.0
        slope = max(slope, _LEAST_SLOPE)
        intercept = float(ratings.mean(dtype=np.float64) - slope * scores.mean(dtype=np.float64))
        return CrossEntropy(intercept, slope)

    def stars(self, score: tf.Tensor) -> tf.Tensor:
        return self.intercept + self.slope * score

    def liked(self, score: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(score)


class Ordinal(Objective):
    """Ordinal regression: a logit for each of `STEPS`, P(rating >= 1) ... P(rating >= 5).

    The sum of the probabilities gives the expected rating, and one of them is that of a like.
    (Cheng, Wang & Pollastri 2008, "A neural network approach to ordinal regression".) The loss is
    twice the mean cross entropy of the steps plus half the squared error of the expected rating.
    """

    parts = len(STEPS)
    score_per_star = _LOGITS_PER_STAR

    def score_of_stars(self, stars: Any) -> Any:
        border = np.asarray(STEPS, np.float32) - features.RATING_STEP / 2
        return self.score_per_star * (np.asarray(stars)[..., np.newaxis] - border)

    def losses(self, ratings: tf.Tensor, score: tf.Tensor) -> tf.Tensor:
        stars = self.stars(score)
        ratings = _beside(ratings, stars)
        steps = _cross_entropy(ratings[..., tf.newaxis] >= tf.constant(STEPS), score)
        return 2.0 * tf.reduce_mean(steps, axis=-1) + 0.5 * tf.square(stars - ratings)

    def stars(self, score: tf.Tensor) -> tf.Tensor:
        """Half a star for each step, times its probability.

        >>> Ordinal().stars(tf.constant([[50.0] * 7 + [-50.0] * 2])).numpy().tolist()
        [4.0]
        """
        steps = tf.reduce_sum(tf.sigmoid(score), axis=-1)
        return features.MIN_RATING + features.RATING_STEP * steps

    def liked(self, score: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(score[..., STEPS.index(features.LIKED_THRESHOLD)])


class _RootMeanSquaredError(keras.metrics.MeanMetricWrapper):
    """The square root of the mean of a function of stars and scores."""

    def result(self) -> tf.Tensor:
        return tf.sqrt(super().result())


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
