"""Raw examples for tests: rows written as dictionaries, and their serialized form."""

from typing import Any

import tensorflow as tf

from transform_module import features

RAW_SPEC = {
    features.USER_ID: tf.io.VarLenFeature(tf.int64),
    features.MOVIE_ID: tf.io.VarLenFeature(tf.int64),
    features.TITLE: tf.io.VarLenFeature(tf.string),
    features.GENRES: tf.io.VarLenFeature(tf.string),
    features.TIMESTAMP: tf.io.VarLenFeature(tf.int64),
    features.RATING: tf.io.VarLenFeature(tf.float32),
    features.HISTORY_MOVIE_IDS: tf.io.VarLenFeature(tf.int64),
    features.HISTORY_RATINGS: tf.io.VarLenFeature(tf.float32),
}
Row = dict[str, Any]


def rating_row(user: int, movie: int, rating: float, title: str = "A (2000)", **more: Any) -> Row:
    """A raw example of one rating; features named in `more` replace the default ones."""
    return {
        features.USER_ID: [user],
        features.MOVIE_ID: [movie],
        features.TITLE: [title],
        features.GENRES: ["Drama"],
        features.TIMESTAMP: [0],
        features.RATING: [rating],
        features.HISTORY_MOVIE_IDS: [],
        features.HISTORY_RATINGS: [],
        **more,
    }


def serialized(row: Row) -> bytes:
    """Encodes a row as a tf.Example; an empty list leaves its feature out."""
    example = tf.train.Example()
    for name, values in row.items():
        feature = example.features.feature[name]
        if name in (features.TITLE, features.GENRES):
            feature.bytes_list.value.extend(
                value if isinstance(value, bytes) else value.encode() for value in values
            )
        elif name in (features.RATING, features.HISTORY_RATINGS):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(values)
        if not values:
            del example.features.feature[name]
    return example.SerializeToString()
