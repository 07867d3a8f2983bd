"""What the movies that a user liked lately speak for: the order of `recommend`."""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.export import ranking
from trainer_module.export.ease import ItemWeights
from transform_module import features


class Affinity(tf.Module):
    """Scores the catalogue by the liked movies of a history.

    A predicted rating says how much a user would like a movie once watched, not whether the user
    would pick it: lists in its order are led by acclaimed movies whoever asks. What people watch
    together finds what a user picks next. A liked movie counts 1 / (1 + position / decay), the most
    recent standing at position 0: taste moves.

    Args:
        weights: Fitted to the train ratings.
        movies: N, in rows 1 to N of the catalogue's tables.
        decay: Position in the history that counts half.
    """

    def __init__(self, weights: ItemWeights, movies: int, decay: float) -> None:
        super().__init__()
        self._outgoing = _variable(_by_row(weights.rows, weights.outgoing, movies), "outgoing")
        self._incoming = _variable(weights.incoming, "incoming")
        # The place among the covered movies of each row of the catalogue, from 1; 0 for none.
        places = _by_row(weights.rows, np.arange(1, len(weights.rows) + 1), movies)
        self._places = _variable(places, "places")
        self._decay = decay

    def scores(self, rows: tf.Tensor, ratings: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Scores every movie for each history.

        Args:
            rows: int64 [B, H], catalogue rows, most recent first; row 0 is no movie.
            ratings: float32 [B, H], stars.

        Returns:
            float32 [B, N], at least `ranking.PADDING_SCORE`; 0 for a movie that the weights do not
            cover. And bool [B]: whether the history has a like that they cover, without which all
            scores are 0.
        """
        liked = (tf.gather(self._places, rows) > 0) & (ratings >= features.LIKED_THRESHOLD)
        position = tf.range(tf.shape(rows)[1], dtype=tf.float32)
        weight = tf.cast(liked, tf.float32) / (1.0 + position / self._decay)
        profile = tf.einsum("bh,bhr->br", weight, tf.gather(self._outgoing, rows))
        scores = tf.matmul(profile, self._incoming, transpose_b=True)
        scores = tf.maximum(scores, ranking.PADDING_SCORE)
        of_catalogue = tf.gather(tf.pad(scores, [[0, 0], [1, 0]]), self._places[1:], axis=1)
        return of_catalogue, tf.reduce_any(liked, axis=1)


def _by_row(rows: NDArray[np.int64], values: NDArray[Any], movies: int) -> NDArray[Any]:
    """Puts values [m, ...] into their rows, [N + 1, ...]; zeros where there is none."""
    table = np.zeros((movies + 1, *values.shape[1:]), values.dtype)
    table[rows] = values
    return table


def _variable(values: NDArray[Any], name: str) -> tf.Variable:
    return tf.Variable(values, trainable=False, name=name)
