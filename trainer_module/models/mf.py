"""`mf`: matrix factorisation on ids.

    score(u, m) = u . m + b_u + b_m + b_global

Source: slide "First Model - Basic MF", with its L2 penalty on u, m, b_u and b_m. It knows users by
their ids, so a query by history alone meets a stranger: the zero vector, and for b_u the generosity
that the history shows, so that the ratings at least lie at the user's level.
"""

import tensorflow as tf

from trainer_module.data.inputs import Inputs
from trainer_module.models.blueprint import Blueprint
from trainer_module.models.history import History
from trainer_module.models.layers import IdEmbedding, Level
from trainer_module.models.rating_model import TwoTowerModel, VectorAndBias
from transform_module import features


class Mf(TwoTowerModel):
    """See the module's docstring."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint.tables)
        self._objective = blueprint.objective
        width, seed = blueprint.config.embedding_dim, blueprint.config.seed
        l2 = blueprint.config.embedding_l2
        users, movies = blueprint.users, blueprint.movies
        self._user = IdEmbedding(users, width, l2=l2, seed=seed + 10, name="user")
        self._user_bias = IdEmbedding(users, 1, l2=l2, seed=seed + 20, name="user_bias")
        self._movie = IdEmbedding(movies, width, l2=l2, seed=seed + 30, name="movie")
        self._movie_bias = IdEmbedding(movies, 1, l2=l2, seed=seed + 40, name="movie_bias")
        level = self._objective.score_of_stars(self.tables.mean_rating)
        self._global_bias = Level(level, name="global_bias")

    def user_vectors(self, user: Inputs, training: bool) -> VectorAndBias:
        index = user[features.USER_INDEX]
        generosity = History.of(user, self.tables).generosity
        learned = tf.squeeze(self._user_bias(index, training=training), axis=-1)
        bias = tf.where(index > 0, learned, self._objective.score_per_star * generosity)
        return self._user(index, training=training), bias

    def movie_vectors(self, movie: Inputs, training: bool) -> VectorAndBias:
        index = movie[features.MOVIE_INDEX]
        bias = tf.squeeze(self._movie_bias(index, training=training), axis=-1)
        return self._movie(index, training=training), self._global_bias(bias)
