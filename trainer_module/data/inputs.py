"""A model's inputs: which transformed features each side reads, and in what form."""

from typing import Any

import tensorflow as tf

from transform_module import features

# Read of the candidate and of every movie of a history.
MOVIE_FEATURES = (
    features.MOVIE_ID,
    features.MOVIE_INDEX,
    features.GENRE_INDICES,
    features.TITLE_WORDS,
    features.RELEASE_YEAR,
    features.YEAR,
    features.MOVIE_RATING_FREQ,
    features.MOVIE_AVG_RATING,
    features.MOVIE_DAMPED_MEAN,
)
USER_FEATURES = (
    features.USER_INDEX,
    features.USER_RATING_FREQ,
    features.USER_RATING_MEAN,
    features.HISTORY_MOVIE_IDS,
    features.HISTORY_RATINGS,
)
GENRE_SHARES = "genre_shares"  # float32 [GENRES]: what models read in place of GENRE_INDICES
GENRES = len(features.GENRE_NAMES) + 1

Inputs = dict[str, Any]


def movie_inputs(transformed: Inputs) -> Inputs:
    """Picks `MOVIE_FEATURES` from transformed features, with GENRE_SHARES for the genres."""
    picked = {name: transformed[name] for name in MOVIE_FEATURES}
    picked[GENRE_SHARES] = genre_shares(picked.pop(features.GENRE_INDICES))
    return picked


def genre_shares(indices: tf.Tensor) -> tf.Tensor:
    """Spreads one over a movie's genres: int64 [..., MAX_GENRES] to float32 [..., GENRES].

    The product of the shares and an embedding matrix is the mean of the genres' embeddings, and
    costs much less than gathering these for every movie of every history.

    >>> genre_shares(tf.constant([[0, 2, -1], [-1, -1, -1]]))[:, :4].numpy().tolist()
    [[0.5, 0.0, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    marks = tf.reduce_sum(tf.one_hot(indices, GENRES), axis=-2)
    return tf.math.divide_no_nan(marks, tf.reduce_sum(marks, axis=-1, keepdims=True))
