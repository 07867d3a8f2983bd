"""Vectors of movies from the words of their titles: sequels and series stand close.

Latent semantic indexing (Deerwester et al. 1990): words weighted by their rarity, titles brought to
length one, and the whole cut to the leading singular vectors, so that a title's vector is a sum of
its words' vectors and a new movie's title finds its place in the same space.
"""

from typing import Final

import numpy as np
import scipy.sparse
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.gp_dnn.truncated_svd import right_factors
from transform_module import features
from transform_module.lookups import index_of, rows_at

TITLE_FACTORS: Final = 64
_LEAST_TITLES: Final = 2  # a word of one title links it to nothing


class TitleVectors(tf.Module):
    """Maps the fingerprints of a title's words to a vector.

    Args:
        words: int64 [N, MAX_TITLE_WORDS], of the catalogue's titles; -1 pads.
    """

    def __init__(self, words: NDArray[np.int64]) -> None:
        super().__init__()
        title, _ = np.nonzero(words != features.PADDING_ID)
        known, word, titles = np.unique(
            words[words != features.PADDING_ID], return_inverse=True, return_counts=True
        )
        kept = titles >= _LEAST_TITLES
        rarity = np.where(kept, np.log(len(words) / np.maximum(titles, 1)), 0.0)
        matrix = scipy.sparse.csr_array(
            (rarity[word], (title, word)), shape=(len(words), len(known))
        )
        lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        unit = scipy.sparse.diags_array(1.0 / np.maximum(lengths, 1e-6)) @ matrix
        self._words = tf.Variable(known[kept], trainable=False, name="title_words")
        self._rarity = tf.Variable(
            rarity[kept], trainable=False, dtype=tf.float32, name="title_word_rarity"
        )
        vectors, _ = right_factors(unit, TITLE_FACTORS)  # titles times these: the titles' vectors
        self._vectors = tf.Variable(vectors[kept], trainable=False, name="title_word_vectors")

    def __call__(self, words: tf.Tensor) -> tf.Tensor:
        """Maps words int64 [..., MAX_TITLE_WORDS] to float32 [..., TITLE_FACTORS].

        At most of length one; zeros for a title without a known word.
        """
        place = tf.reshape(index_of(self._words, tf.reshape(words, [-1])), tf.shape(words))
        rarity = rows_at(self._rarity, place)
        length = tf.norm(rarity, axis=-1, keepdims=True)
        weights = tf.math.divide_no_nan(rarity, length)
        return tf.einsum("...w,...wd->...d", weights, rows_at(self._vectors, place))
