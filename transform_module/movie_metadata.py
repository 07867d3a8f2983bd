"""What a movie's title and genres say of it, as tensors."""

import tensorflow as tf

from transform_module import features

NO_YEAR = float("nan")
_NO_GENRES = "(no genres listed)"


def release_year(title: tf.Tensor) -> tf.Tensor:
    """Returns the year at the end of each title.

    Args:
        title: string [B], such as `Toy Story (1995)`, `Fawlty Towers (1975-1979)` (the first year
            counts) or one without a year.

    Returns:
        float32 [B]; NaN where the title names no year.
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
    """Maps genres to their position in `features.GENRE_NAMES`.

    Args:
        genres: string, sparse [B, ?].

    Returns:
        int64 [B, MAX_GENRES]; -1 pads, OTHER_GENRE_INDEX stands for a genre not in the list. A
        movie of more than MAX_GENRES genres keeps the first.
    """
    genres = tf.sparse.retain(genres, tf.not_equal(genres.values, _NO_GENRES))
    # Compared with every name: a lookup table inside the graph would be filled at every call.
    same = tf.equal(genres.values[:, tf.newaxis], tf.constant(features.GENRE_NAMES))
    listed = tf.argmax(tf.cast(same, tf.int32), axis=1)
    values = tf.where(tf.reduce_any(same, axis=1), listed, features.OTHER_GENRE_INDEX)
    indices = genres.with_values(values)
    dense = tf.sparse.to_dense(indices, default_value=features.PADDING_ID, validate_indices=False)
    padded = tf.pad(dense, [[0, 0], [0, features.MAX_GENRES]], constant_values=features.PADDING_ID)
    padded = padded[:, : features.MAX_GENRES]
    padded.set_shape([None, features.MAX_GENRES])
    return padded
