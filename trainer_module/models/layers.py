"""Building blocks of the towers: ids, eras and pooled histories."""

from typing import Any

import keras
import tensorflow as tf

from trainer_module.data.inputs import GENRE_SHARES, Inputs
from transform_module import features


class IdEmbedding(keras.layers.Layer):
    """Embeds ids; id 0, not in the vocabulary, is the zero vector.

    In training a share of the ids is hidden behind 0 and the vectors looked up are pulled to zero:
    `l2` times the mean, over the vectors of a batch, of their squared norm is added to the loss.

    Args:
        vocabulary_size: Ids run over [0, vocabulary_size].
        width: Of a vector.
        l2: Weight of the penalty.
        seed: Of the initial vectors and of which ids are hidden.
        hidden_share: Share of ids hidden in training.
        name: Of the layer.
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


class Level(keras.layers.Layer):
    """Adds one learned number, a global bias.

    Args:
        start: Its value before training.
        name: Of the layer.
    """

    def __init__(self, start: float, name: str | None = None) -> None:
        super().__init__(name=name)
        self._start = start

    def build(self, input_shape: Any) -> None:
        self._level = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(self._start), name="level"
        )
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps float32 [...] to [...]."""
        return inputs + self._level


def year_basis(year: tf.Tensor) -> tf.Tensor:
    """Spreads a standardised year over Gaussian bumps half a deviation apart.

    Taste for an era is no straight line in the year: with bumps, a linear layer can be fond of the
    nineties and of nothing around them.

    Args:
        year: float32 [...], z-scored; mostly in [-4, 2], films being made more and more.

    Returns:
        float32 [..., 13].
    """
    centres = tf.range(-4.0, 2.25, 0.5)
    return tf.exp(-tf.square((year[..., tf.newaxis] - centres) / 0.5))


def sqrt_n_pooled(vectors: tf.Tensor, weights: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
    """Weighted sum of a history's vectors over the square root of their number.

    Source: slide "Function sqrtn": for weights of one it is
    `sum(vectors * l2_normalize(mask))`. Here the weights are signed, so that a movie the user
    disliked pulls away. One is added under the root: a history of one speaks more softly.

    Args:
        vectors: float32 [B, H, d].
        weights: float32 [B, H].
        present: float32 [B, H], 1 for an item of the history, 0 for padding.

    Returns:
        float32 [B, d]; zeros for an empty history.

    >>> vectors, present = tf.constant([[[2.0], [4.0], [9.0]]]), tf.constant([[1.0, 1.0, 0.0]])
    >>> pooled = sqrt_n_pooled(vectors, tf.constant([[1.0, -1.0, 5.0]]), present)
    >>> [round(x, 4) for x in pooled.numpy()[0].tolist()]
    [-1.1547]
    """
    count = tf.reduce_sum(present, axis=1, keepdims=True)
    weighted = tf.einsum("bhd,bh->bd", vectors, weights * present)
    return weighted / tf.sqrt(count + 1.0)


def content_vector(movie: Inputs) -> tf.Tensor:
    """Unit vectors of what is known of a movie that nobody has rated: its genres and its era.

    Args:
        movie: `movie_inputs`, [n] or [n, GENRES] each.

    Returns:
        float32 [n, GENRES + 13]. Of the cosine of two of them, 4/5 is that of the genres and 1/5
        that of the eras.
    """
    genres = tf.math.l2_normalize(movie[GENRE_SHARES], axis=-1)
    era = tf.math.l2_normalize(year_basis(movie[features.YEAR]), axis=-1)
    return tf.math.l2_normalize(tf.concat([2.0 * genres, era], axis=-1), axis=-1)
