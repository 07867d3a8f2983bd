"""Matrix factorisation on ids: `mf` and `mf_history`.

    score(u, m) = u . m + b_u + b_m + b_global

Source: slide "First Model - Basic MF", with its L2 penalty on u, m, b_u and b_m.
"""

import keras
import tensorflow as tf

from trainer_module.data.inputs import Inputs
from trainer_module.models.layers import History, IdEmbedding
from trainer_module.models.rating_model import Blueprint, TwoTowerModel, VectorAndBias
from transform_module import features


class _FactorisedModel(TwoTowerModel):
    """Learns the movies' side; subclasses add the users'."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint)
        width, seed = blueprint.config.embedding_dim, blueprint.config.seed
        l2, movies = blueprint.config.embedding_l2, blueprint.movies
        self._movie = IdEmbedding(movies, width, l2=l2, seed=seed + 30, name="movie")
        self._movie_bias = IdEmbedding(movies, 1, l2=l2, seed=seed + 40, name="movie_bias")
        level = self.objective.score_of_stars(self.tables.mean_rating)
        self._global_bias = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(level), name="global_bias"
        )

    def movie_vectors(self, movie: Inputs, training: bool) -> VectorAndBias:
        index = movie[features.MOVIE_INDEX]
        bias = tf.squeeze(self._movie_bias(index, training=training), axis=-1)
        return self._movie(index, training=training), bias + self._global_bias


class Mf(_FactorisedModel):
    """Knows users by their ids.

    A user known by a history alone has the zero vector, and as b_u the generosity of the history.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint)
        width, seed = blueprint.config.embedding_dim, blueprint.config.seed
        l2, users = blueprint.config.embedding_l2, blueprint.users
        self._user = IdEmbedding(users, width, l2=l2, seed=seed + 10, name="user")
        self._user_bias = IdEmbedding(users, 1, l2=l2, seed=seed + 20, name="user_bias")

    def user_vectors(self, user: Inputs, training: bool) -> VectorAndBias:
        index = user[features.USER_INDEX]
        generosity = History.of(user, self.tables).generosity
        learned = tf.squeeze(self._user_bias(index, training=training), axis=-1)
        bias = tf.where(index > 0, learned, self.objective.score_per_star * generosity)
        return self._user(index, training=training), bias


class MfHistory(_FactorisedModel):
    """Knows users by the movies that they rated, so that a new user needs no new training.

        u = sum over the history of h * l2_normalize(mask)

    Source: slides "Model - MF with History" and "Function sqrtn". The vectors h of a history are
    not those of the candidates (as in SVD++, Koren 2008): that a movie was rated says something
    other than that it was liked. b_u is the generosity of the history.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint)
        config = blueprint.config
        self._rated = IdEmbedding(
            blueprint.movies,
            config.embedding_dim,
            l2=config.embedding_l2,
            seed=config.seed + 10,
            name="rated",
        )

    def user_vectors(self, user: Inputs, training: bool) -> VectorAndBias:
        history = History.of(user, self.tables)

        def vectors_of(rows: tf.Tensor) -> tf.Tensor:
            index = self.tables.features_of(rows)[features.MOVIE_INDEX]
            return self._rated(index, training=training)

        pooled = history.pooled(tf.nn.l2_normalize(history.present, axis=1), vectors_of)
        return pooled, self.objective.score_per_star * history.generosity
