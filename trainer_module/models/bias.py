"""`bias`: how good the movie is, how generous the user is, and no taste.

    score(u, m) = damped mean of m + damped mean residual of u's history

Source: Koren, Bell & Volinsky 2009, eq. 3, the bar that every other model has to pass. Nothing is
learned here: Transform has the movies' means, the history the rest.
"""

import tensorflow as tf

from trainer_module.data.inputs import Inputs
from trainer_module.models.blueprint import Blueprint
from trainer_module.models.history import History
from trainer_module.models.rating_model import TwoTowerModel, VectorAndBias
from transform_module import features


class Bias(TwoTowerModel):
    """See the module's docstring."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint.tables)
        self._objective = blueprint.objective

    def user_vectors(self, user: Inputs, training: bool) -> VectorAndBias:  # noqa: ARG002 - nothing to train
        generosity = History.of(user, self.tables).generosity
        return no_vectors(generosity), self._objective.score_per_star * generosity

    def movie_vectors(self, movie: Inputs, training: bool) -> VectorAndBias:  # noqa: ARG002 - nothing to train
        mean = movie[features.MOVIE_DAMPED_MEAN]
        return no_vectors(mean), self._objective.score_of_stars(mean)


def no_vectors(biases: tf.Tensor) -> tf.Tensor:
    """Vectors [n, 0], for a score that is all bias."""
    return tf.zeros([tf.shape(biases)[0], 0])
