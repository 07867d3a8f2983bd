"""Building blocks of the models: ids, eras and histories."""

import dataclasses
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

    movie: Inputs  # `movie_inputs` of the histories' movies, [B, H] or [B, H, GENRES]
    present: tf.Tensor  # float32 [B, H], 1 for a known movie, 0 for padding and unknown ids
    count: tf.Tensor  # float32 [B], known movies
    residual: tf.Tensor  # float32 [B, H], stars minus the movie's damped mean; 0 if not present
    generosity: tf.Tensor  # float32 [B], damped mean of the residuals, in stars: the user's bias

    @classmethod
    def of(cls, user: Inputs, tables: CatalogueTables) -> "History":
        """Reads the histories among `USER_FEATURES` of B users."""
        rows = tables.rows_of(user[features.HISTORY_MOVIE_IDS])
        movie = tables.features_of(rows)
        present = tf.cast(rows != UNKNOWN_ROW, tf.float32)
        residual = (user[features.HISTORY_RATINGS] - movie[features.MOVIE_DAMPED_MEAN]) * present
        count = tf.reduce_sum(present, axis=1)
        generosity = tf.reduce_sum(residual, axis=1) / (count + _USER_DAMPING)
        return cls(movie, present, count, residual, generosity)


def year_basis(year: tf.Tensor) -> tf.Tensor:
    """Spreads years over Gaussian bumps half a deviation apart: float32 [...] to [..., 13].

    With bumps, a linear layer can prefer the nineties to what came before and after. The years are
    z-scored, and lie mostly in [-4, 2].
    """
    centres = tf.range(-4.0, 2.25, 0.5)
    return tf.exp(-tf.square((year[..., tf.newaxis] - centres) / 0.5))


def sqrt_n_pooled(vectors: tf.Tensor, weights: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
    """Weighted sum of a history's vectors over the square root of their number.

    Source: slide "Function sqrtn", `sum(vectors * l2_normalize(mask))`. Here the weights may be
    negative, for movies that the user disliked. One is added under the root, so that a history of
    one movie counts less. An empty history has zeros.

    Maps vectors [B, H, d], weights [B, H] and present [B, H] (see `History`) to float32 [B, d].

    >>> vectors, present = tf.constant([[[2.0], [4.0], [9.0]]]), tf.constant([[1.0, 1.0, 0.0]])
    >>> pooled = sqrt_n_pooled(vectors, tf.constant([[1.0, -1.0, 5.0]]), present)
    >>> [round(x, 4) for x in pooled.numpy()[0].tolist()]
    [-1.1547]
    """
    count = tf.reduce_sum(present, axis=1, keepdims=True)
    weighted = tf.einsum("bhd,bh->bd", vectors, weights * present)
    return weighted / tf.sqrt(count + 1.0)


def content_vector(movie: Inputs) -> tf.Tensor:
    """Unit vectors of movies by genres and era: `movie_inputs` [n] to float32 [n, GENRES + 13].

    Of the cosine of two of them, 4/5 is that of the genres and 1/5 that of the eras.
    """
    genres = tf.math.l2_normalize(movie[GENRE_SHARES], axis=-1)
    era = tf.math.l2_normalize(year_basis(movie[features.YEAR]), axis=-1)
    return tf.math.l2_normalize(tf.concat([2.0 * genres, era], axis=-1), axis=-1)
