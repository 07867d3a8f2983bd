"""Vectors of what is known of a movie without ratings: its year and the words of its title."""

import functools
from typing import Final

import numpy as np
import scipy.sparse
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.truncated_svd import right_factors
from transform_module import features
from transform_module.lookups import index_of, rows_at

ERA_WIDTH: Final = 12
_FIRST_YEAR: Final = 1890
_LAST_YEAR: Final = 2050
_LENGTH_SCALE: Final = 10.0  # years

TITLE_FACTORS: Final = 64
_LEAST_TITLES: Final = 2  # a word of one title links it to nothing


def era_vector(release_year: tf.Tensor) -> tf.Tensor:
    """Maps years float32 [...] to float32 [..., ERA_WIDTH], whose dot products are a Gaussian.

    They are the Gaussian of the years between two movies, to within 0.06. Years off the table take
    its first or last row.

    >>> vectors = era_vector(tf.constant([1995.0, 1995.0, 2005.0])).numpy()
    >>> [round(float(dot), 1) for dot in vectors @ vectors[0]]  # 1, and exp(-1/2) ten years on
    [1.0, 1.0, 0.6]
    """
    place = tf.cast(tf.round(release_year), tf.int32) - _FIRST_YEAR
    last = _LAST_YEAR - _FIRST_YEAR
    return tf.gather(tf.constant(_era_table()), tf.clip_by_value(place, 0, last))


@functools.cache
def _era_table() -> NDArray[np.float32]:
    """The leading eigenvectors of the Gaussian over all years, as unit rows [years, ERA_WIDTH]."""
    years = np.arange(_FIRST_YEAR, _LAST_YEAR + 1)
    kernel = np.exp(-np.square((years[:, np.newaxis] - years) / _LENGTH_SCALE) / 2)
    values, vectors = np.linalg.eigh(kernel)
    leading = (vectors * np.sqrt(np.maximum(values, 0.0)))[:, -ERA_WIDTH:]
    unit: NDArray[np.float32] = leading / np.linalg.norm(leading, axis=1, keepdims=True)
    return unit.astype(np.float32)


class TitleVectors(tf.Module):
    """Maps the fingerprints of a title's words to a vector; those of sequels are close.

    Latent semantic indexing (Deerwester et al. 1990): words are weighted by their rarity, titles
    brought to length one, and the whole cut to the leading singular vectors. A title's vector is a
    weighted sum of its words' vectors, so that a new movie has one too. The catalogue's words are
    int64 [N, MAX_TITLE_WORDS]; -1 pads.
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
        vectors, _ = right_factors(unit, TITLE_FACTORS)
        self._words = tf.Variable(known[kept], trainable=False, name="title_words")
        self._rarity = tf.Variable(
            rarity[kept], trainable=False, dtype=tf.float32, name="title_word_rarity"
        )
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
