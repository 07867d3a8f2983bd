"""Looking up sorted arrays inside the transform graph."""

import tensorflow as tf


def index_of(keys: tf.Tensor, query: tf.Tensor) -> tf.Tensor:
    """1 + the position of each query, int64 [B], in the keys, or 0 if it is not among them.

    Keys are int64 [n], strictly increasing; n may be 0.
    """
    position = tf.searchsorted(keys, query, out_type=tf.int64)
    padded = tf.concat([keys, tf.constant([tf.int64.min], tf.int64)], axis=0)
    found = tf.equal(tf.gather(padded, position), query)
    return tf.where(found, position + 1, 0)


def rows_at(rows: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Gathers `rows` [n, ...] by an index made by `index_of` [B]; zeros for index 0."""
    padded = tf.pad(rows, [[1, 0], *[[0, 0]] * (rows.shape.rank - 1)])
    return tf.gather(padded, index)
