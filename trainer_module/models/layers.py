"""Building blocks of the models: ids, eras and histories."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from trainer_module.data.catalogue import UNKNOWN_ROW, CatalogueTables
from trainer_module.data.inputs import GENRE_SHARES, Inputs
from transform_module import features

# Ratings at the movies' means that a history is given beforehand: a short one is believed less.
_USER_DAMPING = 5.0


class IdEmbedding(keras.layers.Layer):
    """Embeds ids from 0 to `vocabulary_size`; id 0, an unknown one, is the zero vector.

    In training, `l2` times the mean squared norm of a batch's vectors is added to the loss, and a
    share of the ids is replaced by 0, so that the model learns to do without.
    """

    def __init__(
        self,
        vocabulary_size: int,
        width: int,
        *,
        l2: float,
        seed: int,
        hidden_share: float = 0.0,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self._vectors = keras.layers.Embedding(
            vocabulary_size + 1,
            width,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=0.01, seed=seed),
        )
        self._hidden_share = hidden_share
        self._l2 = l2
        self._seeds = keras.random.SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        self._vectors.build(input_shape)
        super().build(input_shape)

    def call(self, ids: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps int64 ids [...] to float32 [..., width]."""
        if training and self._hidden_share:
            draw = keras.random.uniform(tf.shape(ids), seed=self._seeds)
            ids = tf.where(draw < self._hidden_share, tf.zeros_like(ids), ids)
        known = tf.cast(ids > 0, tf.float32)[..., tf.newaxis]
        vectors = self._vectors(ids) * known
        if training and self._l2:
            squared_norm = tf.reduce_sum(tf.square(vectors), axis=-1)
            self.add_loss(self._l2 * tf.reduce_mean(squared_norm))
        return vectors


@dataclasses.dataclass(frozen=True)
class History:
    """The known movies of B histories, and how their ratings compare with the movies' means."""

    rows: tf.Tensor  # int64 [B, H], catalogue rows of the movies, UNKNOWN_ROW if not present
    present: tf.Tensor  # float32 [B, H], 1 for a known movie, 0 for padding and unknown ids
    count: tf.Tensor  # float32 [B], known movies
    residual: tf.Tensor  # float32 [B, H], stars minus the movie's damped mean; 0 if not present
    generosity: tf.Tensor  # float32 [B], damped mean of the residuals, in stars: the user's bias

    @classmethod
    def of(cls, user: Inputs, tables: CatalogueTables) -> "History":
        """Reads the histories among `USER_FEATURES` of B users."""
        rows = tables.rows_of(user[features.HISTORY_MOVIE_IDS])
        mean = tables.features_of(rows)[features.MOVIE_DAMPED_MEAN]
        present = tf.cast(rows != UNKNOWN_ROW, tf.float32)
        residual = (user[features.HISTORY_RATINGS] - mean) * present
        count = tf.reduce_sum(present, axis=1)
        generosity = tf.reduce_sum(residual, axis=1) / (count + _USER_DAMPING)
        return cls(rows, present, count, residual, generosity)

    def pooled(self, weights: tf.Tensor, vectors_of: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
        """Weighted sum of the vectors of each history's movies: weights [B, H] to [B, d].

        `vectors_of` maps catalogue rows [n] to vectors [n, d]. Each movie of the batch is asked
        for once, and the product with a sparse matrix needs no copy of a vector for each history.
        Both save most of a training step.

        Source: slide "Function sqrtn", `sum(vectors * l2_normalize(mask))`, for weights of one over
        the square root of the number of movies.
        """
        distinct, place = tf.unique(tf.reshape(self.rows, [-1]), out_idx=tf.int64)
        vectors = vectors_of(distinct)
        given = tf.where(self.rows != UNKNOWN_ROW)
        column = tf.gather_nd(tf.reshape(place, tf.shape(self.rows)), given)
        matrix = tf.SparseTensor(
            tf.stack([given[:, 0], column], axis=1),
            tf.gather_nd(weights, given),
            tf.stack([tf.shape(weights, tf.int64)[0], tf.shape(vectors, tf.int64)[0]]),
        )
        return tf.sparse.sparse_dense_matmul(matrix, vectors)


def year_basis(year: tf.Tensor) -> tf.Tensor:
    """Spreads years over Gaussian bumps half a deviation apart: float32 [...] to [..., 13].

    With bumps, a linear layer can prefer the nineties to what came before and after. The years are
    z-scored, and lie mostly in [-4, 2].
    """
    centres = tf.range(-4.0, 2.25, 0.5)
    return tf.exp(-tf.square((year[..., tf.newaxis] - centres) / 0.5))


def content_vector(movie: Inputs) -> tf.Tensor:
    """Unit vectors of movies by genres and era: `movie_inputs` [n] to float32 [n, GENRES + 13].

    Of the cosine of two of them, 4/5 is that of the genres and 1/5 that of the eras.
    """
    genres = tf.math.l2_normalize(movie[GENRE_SHARES], axis=-1)
    era = tf.math.l2_normalize(year_basis(movie[features.YEAR]), axis=-1)
    return tf.math.l2_normalize(tf.concat([2.0 * genres, era], axis=-1), axis=-1)
