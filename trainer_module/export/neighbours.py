"""Which movies are alike."""

import tensorflow as tf

from trainer_module.data.catalogue import UNKNOWN_ROW
from trainer_module.export import ranking
from transform_module import features


class Neighbours(tf.Module):
    """Finds the movies of the catalogue whose vectors point the same way.

    Many an unknown movie has exactly the genres and the year of a famous one. A cosine above zero
    is therefore multiplied by the movie's confidence, float32 [N], in [0, 1], so that of two
    equally alike movies the better known comes first. The embeddings are unit vectors, float32
    [N + 1, d]; row 0 is the unknown movie.
    """

    def __init__(
        self, embeddings: tf.Tensor, confidence: tf.Tensor, movie_ids: tf.Tensor, titles: tf.Tensor
    ) -> None:
        super().__init__()
        self._embeddings = tf.Variable(embeddings, trainable=False, name="embeddings")
        self._confidence = confidence
        self._movie_ids = movie_ids
        self._titles = titles

    def embeddings(self) -> tf.Tensor:
        """The vectors [N + 1, d], as a tensor from which rows can be gathered.

        TensorFlow copies a whole variable at every read if rows are gathered from the variable.
        """
        return self._embeddings.read_value()

    def of_rows(self, rows: tf.Tensor, k: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The k movies most like each of B catalogue rows, without the row's: see `top_movies`.

        UNKNOWN_ROW gets padding alone.
        """
        scores = self._scores(tf.gather(self.embeddings(), rows))
        unknown = (rows == UNKNOWN_ROW)[:, tf.newaxis]
        scores = tf.where(unknown, scores.dtype.min, scores)
        return ranking.top_movies(scores, rows[:, tf.newaxis], self._movie_ids, self._titles, k)

    def ranked(self, vectors: tf.Tensor, k: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The k movies most like each of B unit vectors: see `top_movies`."""
        nothing_hidden = tf.zeros([tf.shape(vectors)[0], 0], tf.int64)
        scores = self._scores(vectors)
        return ranking.top_movies(scores, nothing_hidden, self._movie_ids, self._titles, k)

    def of_vectors(self, vectors: tf.Tensor, k: int) -> tf.Tensor:
        """Ids of the k movies most like each of B unit vectors, [B, k]; -1 pads."""
        ids, _, _ = self.ranked(vectors, tf.constant(k))
        missing = k - tf.shape(ids)[1]
        padded = tf.pad(ids, [[0, 0], [0, missing]], constant_values=features.PADDING_ID)
        padded.set_shape([None, k])
        return padded

    def _scores(self, vectors: tf.Tensor) -> tf.Tensor:
        """Cosines [B, N] of unit vectors [B, d] to the catalogue, those above 0 damped."""
        cosines = ranking.cosines(vectors, self.embeddings())[:, 1:]
        return tf.where(cosines > 0, cosines * self._confidence, cosines)
