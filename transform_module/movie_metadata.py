"""Features made of a movie's title and genres, as tensors."""

import tensorflow as tf

from transform_module import features

NO_YEAR = float("nan")
_NO_GENRES = "(no genres listed)"


def release_year(title: tf.Tensor) -> tf.Tensor:
    """The year at the end of titles, string [B], as float32 [B]; NaN without a year.

    It is 1995 for `Toy Story (1995)` and 1975 for `Fawlty Towers (1975-1979)`.
    """
    pattern = r"^.*\((\d{4})[^()]*\)\s*$"
    has_year = tf.strings.regex_full_match(title, r"(?s).*\(\d{4}[^()]*\)\s*")
    digits = tf.where(has_year, tf.strings.regex_replace(title, pattern, r"\1"), "0")
    is_number = tf.strings.regex_full_match(digits, r"\d{4}")
    year = tf.strings.to_number(tf.where(is_number, digits, "0"), tf.float32)
    return tf.where(year > 0, year, NO_YEAR)


def release_decade(year: tf.Tensor) -> tf.Tensor:
    """Returns string [B]: `1990s` for 1995, `unknown` for NaN."""
    known = tf.logical_not(tf.math.is_nan(year))
    decade = tf.cast(tf.where(known, year, 0.0), tf.int64) // 10 * 10
    return tf.where(known, tf.strings.as_string(decade) + "s", features.UNKNOWN_DECADE)


def genre_indices(genres: tf.SparseTensor) -> tf.Tensor:
    """Positions of genres, string, sparse [B, ?], in `features.GENRE_NAMES`.

    int64 [B, MAX_GENRES]; -1 pads. OTHER_GENRE_INDEX stands for a genre not in the list. A movie of
    more than MAX_GENRES genres keeps the first.
    """
    genres = tf.sparse.retain(genres, tf.not_equal(genres.values, _NO_GENRES))
    # Compared with every name: a lookup table inside the graph would be filled at every call.
    same = tf.equal(genres.values[:, tf.newaxis], tf.constant(features.GENRE_NAMES))
    listed = tf.argmax(tf.cast(same, tf.int32), axis=1)
    values = tf.where(tf.reduce_any(same, axis=1), listed, features.OTHER_GENRE_INDEX)
    return _padded(genres.with_values(values), features.MAX_GENRES)


def title_words(title: tf.Tensor) -> tf.Tensor:
    """Fingerprints of the words of titles, string [B], without the year.

    int64 [B, MAX_TITLE_WORDS], in [0, 2**63); -1 pads. A longer title keeps its first words. Words
    are runs of letters and digits, in lower case.
    """
    named = tf.strings.regex_replace(title, r"\(\d{4}[^()]*\)\s*$", "")
    spaced = tf.strings.regex_replace(tf.strings.lower(named, "utf-8"), r"[^\pL\pN]+", " ")
    words = tf.strings.split(spaced).to_sparse()
    prints = tf.strings.to_hash_bucket_fast(words.values, 2**63 - 1)
    return _padded(words.with_values(prints), features.MAX_TITLE_WORDS)


def _padded(values: tf.SparseTensor, width: int) -> tf.Tensor:
    """Pads and cuts int64 [B, ?] to a dense [B, width]."""
    dense = tf.sparse.to_dense(values, default_value=features.PADDING_ID, validate_indices=False)
    padded = tf.pad(dense, [[0, 0], [0, width]], constant_values=features.PADDING_ID)[:, :width]
    padded.set_shape([None, width])
    return padded
