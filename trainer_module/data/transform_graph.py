"""The transform graph inside the SavedModel: the same features at serving as in training."""

from typing import Any

import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import schema_pb2

from trainer_module.data.inputs import USER_FEATURES
from transform_module import features

Tensors = dict[str, Any]

_HISTORY_PADDING = {features.HISTORY_MOVIE_IDS: features.PADDING_ID, features.HISTORY_RATINGS: 0.0}


class TransformGraph:
    """Applies the fitted preprocessing to serialized examples, movies or users.

    A history item whose rating is off the scale (0.5 to 5 stars) or not a number is left out, as
    padding is.

    It is no `tf.Module`: TensorFlow would trace the call functions of the Keras layers once more
    when it saves the model. The graph has no variables or tables that would need saving.
    """

    def __init__(self, transform_output: tft.TFTransformOutput, max_history: int) -> None:
        self.raw_schema: schema_pb2.Schema = transform_output.raw_metadata.schema
        self._spec = transform_output.raw_feature_spec()
        self._unlabelled_spec = {
            name: spec for name, spec in self._spec.items() if name != features.RATING
        }
        self._max_history = max_history
        self._layer = transform_output.transform_features_layer()

    def of_examples(self, serialized: tf.Tensor, *, labelled: bool) -> Tensors:
        """Every feature of tf.Examples, string [B], dense, with their labels if they have ratings.

        Without labels, ratings may be absent, and are ignored.
        """
        spec = self._spec if labelled else self._unlabelled_spec
        parsed = tf.io.parse_example(serialized, spec)
        return self.of_parsed(parsed | _history_of(parsed))

    def of_parsed(self, parsed: Tensors) -> Tensors:
        """Every feature of parsed raw examples, sparse [B, ?] each, dense."""
        return {
            name: dense_feature(name, tensor, self._max_history)
            for name, tensor in self._layer(parsed).items()
        }

    def of_users(self, history_movie_ids: tf.Tensor, history_ratings: tf.Tensor) -> Tensors:
        """`USER_FEATURES` of users known by a history alone.

        Histories are int64 and float32 (stars), [B, H], most recent first; -1 pads, in any place.
        """
        rows = tf.shape(history_movie_ids, out_type=tf.int64)[0]
        outputs = self._transform(rows, _sparse_history(history_movie_ids, history_ratings))
        return {name: outputs[name] for name in USER_FEATURES}

    def of_titles(self, titles: tf.Tensor, genres: tf.Tensor) -> Tensors:
        """Every feature of movies known by title and genres alone, string [B] each.

        Genres are parted by bars, `Adventure|Comedy`; "" if unknown.
        """
        names = tf.strings.strip(tf.strings.split(genres, "|"))
        rows = tf.shape(titles, out_type=tf.int64)[0]
        indices = tf.stack([tf.range(rows), tf.zeros_like(tf.range(rows))], axis=1)
        given = {
            features.TITLE: tf.SparseTensor(indices, titles, tf.stack([rows, 1])),
            features.GENRES: tf.ragged.boolean_mask(names, names != "").to_sparse(),
        }
        return self._transform(rows, given)

    def _transform(self, rows: tf.Tensor, given: Tensors) -> Tensors:
        """Transforms raw features; a feature that is not given is absent from every example."""
        raw = {
            name: given.get(name, _absent(rows, spec.dtype))
            for name, spec in self._unlabelled_spec.items()
        }
        return self.of_parsed(raw)


def dense_feature(name: str, values: Any, max_history: int) -> tf.Tensor:
    """A transformed feature as models read it: [B], or [B, width] for `FIXED_LISTS`.

    A history, sparse [B, ?], is cut or padded to [B, max_history]; the first items are kept.
    """
    if name not in _HISTORY_PADDING:
        return values if name in features.FIXED_LISTS else tf.squeeze(values, axis=1)
    padding = _HISTORY_PADDING[name]
    dense = tf.sparse.to_dense(values, default_value=padding)[:, :max_history]
    missing = max_history - tf.shape(dense)[1]
    padded = tf.pad(dense, [[0, 0], [0, missing]], constant_values=padding)
    padded.set_shape([None, max_history])
    return padded


def is_on_the_scale(ratings: tf.Tensor) -> tf.Tensor:
    """Whether each rating lies on the scale, bool of the same shape; False for NaN.

    >>> is_on_the_scale(tf.constant([0.5, 5.0, 0.0, 5.5, float("nan")])).numpy().tolist()
    [True, True, False, False, False]
    """
    return (ratings >= features.MIN_RATING) & (ratings <= features.MAX_RATING)


def _history_of(parsed: Tensors) -> Tensors:
    """The histories of parsed examples, by `_sparse_history`."""
    movie_ids, ratings = parsed[features.HISTORY_MOVIE_IDS], parsed[features.HISTORY_RATINGS]
    shape = tf.maximum(movie_ids.dense_shape, ratings.dense_shape)  # one may be missing
    return _sparse_history(
        tf.sparse.to_dense(tf.sparse.reset_shape(movie_ids, shape), features.PADDING_ID),
        tf.sparse.to_dense(tf.sparse.reset_shape(ratings, shape)),
    )


def _sparse_history(movie_ids: tf.Tensor, ratings: tf.Tensor) -> Tensors:
    """Histories [B, H] as the preprocessing takes them, without padding and wrong ratings."""
    is_known = (movie_ids >= 0) & is_on_the_scale(ratings)
    given = tf.where(is_known)
    # Moved up to the front of their row, so that padding takes no place of `max_history`.
    place = tf.cumsum(tf.cast(is_known, tf.int64), axis=1, exclusive=True)
    indices = tf.stack([given[:, 0], tf.gather_nd(place, given)], axis=1)
    shape = tf.shape(movie_ids, out_type=tf.int64)
    values = {features.HISTORY_MOVIE_IDS: movie_ids, features.HISTORY_RATINGS: ratings}
    return {
        name: tf.SparseTensor(indices, tf.gather_nd(value, given), shape)
        for name, value in values.items()
    }


def _absent(rows: tf.Tensor, dtype: tf.DType) -> tf.SparseTensor:
    return tf.SparseTensor(
        tf.zeros([0, 2], tf.int64), tf.zeros([0], dtype), tf.stack([rows, tf.constant(0, tf.int64)])
    )
