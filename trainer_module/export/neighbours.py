"""Which movies are alike."""

import tensorflow as tf

from trainer_module.data.catalogue_tables import UNKNOWN_ROW
from trainer_module.export import ranking
from transform_module import features


class Neighbours(tf.Module):
    """Finds the movies of the catalogue whose vectors point the same way.

    Many a movie that nobody knows shares genres and year with a famous one to the dot. A cosine
    above zero is therefore multiplied by the movie's confidence, n / (n + damping) of its n
    ratings: of two equally alike the better known comes first.

    Args:
        embeddings: float32 [N + 1, d], unit vectors; row 0 is the unknown movie.
        confidence: float32 [N], in [0, 1].
        movie_ids: int64 [N].
        titles: string [N].
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
        """The vectors [N + 1, d], as a tensor: rows are to be gathered from it.

        A variable from which rows were gathered once is copied whole whenever it is read after.
        """
        return self._embeddings.read_value()

    def of_rows(self, rows: tf.Tensor, k: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The k most alike of each of B catalogue rows, itself left out: see `top_movies`.

        UNKNOWN_ROW is like nothing: padding alone.
        """
        scores = self._scores(tf.gather(self.embeddings(), rows))
        unknown = (rows == UNKNOWN_ROW)[:, tf.newaxis]
        scores = tf.where(unknown, scores.dtype.min, scores)
        return ranking.top_movies(scores, rows[:, tf.newaxis], self._movie_ids, self._titles, k)

    def ranked(self, vectors: tf.Tensor, k: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The k most alike of each of B unit vectors: see `top_movies`."""
        nothing_hidden = tf.zeros([tf.shape(vectors)[0], 0], tf.int64)
        scores = self._scores(vectors)
        return ranking.top_movies(scores, nothing_hidden, self._movie_ids, self._titles, k)

    def of_vectors(self, vectors: tf.Tensor, k: int) -> tf.Tensor:
        """Ids of the k most alike of each of B unit vectors, [B, k]; -1 where there are no more."""
        ids, _, _ = self.ranked(vectors, tf.constant(k))
        missing = k - tf.shape(ids)[1]
        padded = tf.pad(ids, [[0, 0], [0, missing]], constant_values=features.PADDING_ID)
        padded.set_shape([None, k])
        return padded

    def _scores(self, vectors: tf.Tensor) -> tf.Tensor:
        """Cosines [B, N] of unit vectors [B, d] to the catalogue, those above 0 damped."""
        cosines = ranking.cosines(vectors, self.embeddings())[:, 1:]
        return tf.where(cosines > 0, cosines * self._confidence, cosines)
