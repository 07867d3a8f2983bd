"""`mf_history`: matrix factorisation whose users are the movies they rated.

    score(u, m) = sum over the history of h * l2_normalize(mask) . m + b_u + b_m + b_global

Source: slides "Model - MF with History" and "Function sqrtn". Histories have vectors h of their
own, beside those of the candidates (as SVD++ has, Koren 2008): that a movie was rated says another
thing than that it was liked. b_u is the generosity that the history shows, so that nothing of a
user needs an id, and a new user is served without training again.
"""

import tensorflow as tf

from trainer_module.data.inputs import Inputs
from trainer_module.models.blueprint import Blueprint
from trainer_module.models.history import History
from trainer_module.models.layers import IdEmbedding, Level
from trainer_module.models.rating_model import TwoTowerModel, VectorAndBias
from transform_module import features


class MfHistory(TwoTowerModel):
    """See the module's docstring."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint.tables)
        self._objective = blueprint.objective
        width, seed = blueprint.config.embedding_dim, blueprint.config.seed
        l2 = blueprint.config.embedding_l2
        movies = blueprint.movies
        self._rated = IdEmbedding(movies, width, l2=l2, seed=seed + 10, name="rated")
        self._movie = IdEmbedding(movies, width, l2=l2, seed=seed + 30, name="movie")
        self._movie_bias = IdEmbedding(movies, 1, l2=l2, seed=seed + 40, name="movie_bias")
        level = self._objective.score_of_stars(self.tables.mean_rating)
        self._global_bias = Level(level, name="global_bias")

    def user_vectors(self, user: Inputs, training: bool) -> VectorAndBias:
        history = History.of(user, self.tables)
        vectors = self._rated(history.movie[features.MOVIE_INDEX], training=training)
        weights = tf.nn.l2_normalize(history.present, axis=1)
        pooled = tf.einsum("bhd,bh->bd", vectors, weights)
        return pooled, self._objective.score_per_star * history.generosity

    def movie_vectors(self, movie: Inputs, training: bool) -> VectorAndBias:
        index = movie[features.MOVIE_INDEX]
        bias = tf.squeeze(self._movie_bias(index, training=training), axis=-1)
        return self._movie(index, training=training), self._global_bias(bias)
