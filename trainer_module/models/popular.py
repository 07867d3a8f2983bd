"""`popular`: every user is shown what most users have rated.

    score(u, m) = a + b * popularity of m,  popularity = log(1 + train ratings), z-scored

The same for all users (slide "Model - MF with History": what is left to recommend to a new user).
`a` and `b` are the least-squares line of the movies' damped means over their popularity, so that
the score is the mean rating of movies as popular as this one; where the line falls, b is held just
above 0, for the order is the point of the model.
"""

import tensorflow as tf

from trainer_module.data.inputs import Inputs
from trainer_module.models.bias import no_vectors
from trainer_module.models.blueprint import Blueprint
from trainer_module.models.rating_model import TwoTowerModel, VectorAndBias
from transform_module import features

_LEAST_SLOPE = 1e-3


class Popular(TwoTowerModel):
    """See the module's docstring."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint.tables)
        self._objective = blueprint.objective
        movies = self.tables.all_features()
        self._intercept, self._slope = _line(
            movies[features.MOVIE_RATING_FREQ], movies[features.MOVIE_DAMPED_MEAN]
        )

    def user_vectors(self, user: Inputs, training: bool) -> VectorAndBias:  # noqa: ARG002 - nothing to train
        nothing = tf.zeros_like(user[features.USER_RATING_MEAN])
        return no_vectors(nothing), nothing

    def movie_vectors(self, movie: Inputs, training: bool) -> VectorAndBias:  # noqa: ARG002 - nothing to train
        stars = self._intercept + self._slope * movie[features.MOVIE_RATING_FREQ]
        return no_vectors(stars), self._objective.score_of_stars(stars)


def _line(x: tf.Tensor, y: tf.Tensor) -> tuple[float, float]:
    """Intercept and slope of the least-squares line y ~ x, the slope at least _LEAST_SLOPE."""
    centred = x - tf.reduce_mean(x)
    slope = tf.math.divide_no_nan(tf.reduce_sum(centred * y), tf.reduce_sum(tf.square(centred)))
    slope = max(float(slope), _LEAST_SLOPE)
    return float(tf.reduce_mean(y)) - slope * float(tf.reduce_mean(x)), slope
