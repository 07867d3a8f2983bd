"""`dummy`: a random guess, the same for the same user and movie.

Source: slide "Model All Metrics", the column "Dummy Model": what a metric gives for no knowledge.
A user is the history, as everywhere; a movie is its index, so that all movies without a train
rating share a user's guess.
"""

import tensorflow as tf

from trainer_module.data.inputs import USER_FEATURES, Inputs
from trainer_module.models.blueprint import Blueprint
from trainer_module.models.rating_model import RatingModel
from transform_module import features

_BUCKETS = 2**20


class Dummy(RatingModel):
    """See the module's docstring."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint.tables)
        self._objective = blueprint.objective
        self._seed = blueprint.config.seed

    def call(self, inputs: Inputs, training: bool = False) -> tf.Tensor:  # noqa: ARG002 - nothing to train
        user = {name: inputs[name] for name in USER_FEATURES}
        return self._guess(self._names(user), inputs[features.MOVIE_INDEX])

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
        return self._objective.score_of_stars(features.MIN_RATING + width * share)
