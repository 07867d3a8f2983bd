"""Models that learn nothing: `bias`, `popular` and `dummy`."""

import tensorflow as tf

from trainer_module.data.inputs import Inputs
from trainer_module.models.layers import History
from trainer_module.models.rating_model import Blueprint, RatingModel, TwoTowerModel, VectorAndBias
from transform_module import features

_LEAST_SLOPE = 1e-3
_BUCKETS = 2**20


class Bias(TwoTowerModel):
    """How good the movie is and how generous the user is; every other model has to beat this.

        score(u, m) = damped mean of m + damped mean residual of u's history

    Source: Koren, Bell & Volinsky 2009, eq. 3. Transform has the movies' means.
    """

    def user_vectors(self, user: Inputs, training: bool) -> VectorAndBias:  # noqa: ARG002 - nothing to train
        generosity = History.of(user, self.tables).generosity
        return _no_vectors(generosity), self.objective.score_per_star * generosity

    def movie_vectors(self, movie: Inputs, training: bool) -> VectorAndBias:  # noqa: ARG002 - nothing to train
        mean = movie[features.MOVIE_DAMPED_MEAN]
        return _no_vectors(mean), self.objective.score_of_stars(mean)


class Popular(TwoTowerModel):
    """Shows every user what most users have rated.

        score(u, m) = a + b * popularity of m,  popularity = log(1 + train ratings), z-scored

    `a` and `b` are the least-squares line of the movies' damped means over their popularity, b at
    least just above 0. (Slide "Model - MF with History": what a new user is recommended.)
    """

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint)
        movies = self.tables.all_features()
        x, y = movies[features.MOVIE_RATING_FREQ], movies[features.MOVIE_DAMPED_MEAN]
        centred = x - tf.reduce_mean(x)
        slope = tf.math.divide_no_nan(tf.reduce_sum(centred * y), tf.reduce_sum(tf.square(centred)))
        self._slope = max(float(slope), _LEAST_SLOPE)
        self._intercept = float(tf.reduce_mean(y)) - self._slope * float(tf.reduce_mean(x))

    def user_vectors(self, user: Inputs, training: bool) -> VectorAndBias:  # noqa: ARG002 - nothing to train
        nothing = tf.zeros_like(user[features.USER_RATING_MEAN])
        return _no_vectors(nothing), nothing

    def movie_vectors(self, movie: Inputs, training: bool) -> VectorAndBias:  # noqa: ARG002 - nothing to train
        stars = self._intercept + self._slope * movie[features.MOVIE_RATING_FREQ]
        return _no_vectors(stars), self.objective.score_of_stars(stars)


def _no_vectors(biases: tf.Tensor) -> tf.Tensor:
    """Vectors [n, 0], for a score without a product of vectors."""
    return tf.zeros([tf.shape(biases)[0], 0])


class Dummy(RatingModel):
    """A random guess, the same for the same user and movie.

    Source: slide "Model All Metrics", the column "Dummy Model". A user is known by the history, a
    movie by its index: all movies without a train rating share a user's guess.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint)
        self._seed = blueprint.config.seed

    def call(self, inputs: Inputs, training: bool = False) -> tf.Tensor:  # noqa: ARG002 - nothing to train
        return self._guess(self._names(inputs), inputs[features.MOVIE_INDEX])

    def freeze(self) -> list[tf.Variable]:
        return []

    def score_rows(self, user: Inputs, rows: tf.Tensor) -> tf.Tensor:
        index = self.tables.features_of(rows)[features.MOVIE_INDEX]
        return self._guess(self._names(user)[:, tf.newaxis], index)

    def score_catalogue(self, user: Inputs) -> tf.Tensor:
        index = self.tables.all_features()[features.MOVIE_INDEX][1:]
        return self._guess(self._names(user)[:, tf.newaxis], index[tf.newaxis, :])

    def _names(self, user: Inputs) -> tf.Tensor:
        """A string [B] that names each user by the history."""
        ids = tf.strings.as_string(user[features.HISTORY_MOVIE_IDS])
        return tf.strings.reduce_join(ids, axis=1, separator=",")

    def _guess(self, user: tf.Tensor, movie_index: tf.Tensor) -> tf.Tensor:
        """Scores of stars spread evenly over the scale, by a hash: strings and int64 broadcast."""
        user_hash = tf.strings.as_string(tf.strings.to_hash_bucket_fast(user, 2**62))
        pair = f"{self._seed}:" + user_hash + ":" + tf.strings.as_string(movie_index)
        share = tf.cast(tf.strings.to_hash_bucket_fast(pair, _BUCKETS), tf.float32) / _BUCKETS
        width = features.MAX_RATING - features.MIN_RATING
        return self.objective.score_of_stars(features.MIN_RATING + width * share)
