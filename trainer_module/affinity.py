"""What the movies that a user liked lately speak for: the order of `recommend`."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module import ranking
from trainer_module.ease import ItemWeights
from transform_module import features


class Affinity(tf.Module):
    """Scores the catalogue by the liked movies of a history.

    A predicted rating says how much a user would like a movie once watched, not whether the user
    would pick it: lists in its order are led by acclaimed movies whoever asks. What people watch
    together finds what a user picks next. A liked movie counts 1 / (1 + position / decay), the most
    recent standing at position 0: taste moves.

    Args:
        weights: Fitted to the train ratings.
        movie_index: int64 [N + 1], movie index of each row of the catalogue's tables.
        decay: Position in the history that counts half.
    """

    def __init__(self, weights: ItemWeights, movie_index: NDArray[np.int64], decay: float) -> None:
        super().__init__()
        self._outgoing = _by_row(weights.movies, weights.outgoing, movie_index, "outgoing")
        self._incoming = _by_row(weights.movies, weights.incoming, movie_index, "incoming")
        self._covered = tf.Variable(
            np.isin(movie_index, weights.movies), trainable=False, name="covered"
        )
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
        liked = tf.gather(self._covered, rows) & (ratings >= features.LIKED_THRESHOLD)
        position = tf.range(tf.shape(rows)[1], dtype=tf.float32)
        weight = tf.cast(liked, tf.float32) / (1.0 + position / self._decay)
        profile = tf.einsum("bh,bhr->br", weight, tf.gather(self._outgoing, rows))
        scores = tf.matmul(profile, self._incoming[1:], transpose_b=True)
        return tf.maximum(scores, ranking.PADDING_SCORE), tf.reduce_any(liked, axis=1)


def _by_row(
    movies: NDArray[np.int64],
    vectors: NDArray[np.float32],
    movie_index: NDArray[np.int64],
    name: str,
) -> tf.Variable:
    """Puts the vectors of movie indices into the catalogue's rows; zeros where there is none."""
    by_index = np.zeros((movie_index.max(initial=0) + 1, vectors.shape[1]), np.float32)
    by_index[movies] = vectors
    return tf.Variable(by_index[movie_index], trainable=False, name=name)
