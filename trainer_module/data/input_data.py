"""From transformed examples on disk to batches for Keras, and to the catalogue."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.public import tfxio

from trainer_module.data.catalogue import Catalogue
from trainer_module.data.inputs import MOVIE_FEATURES, USER_FEATURES, movie_inputs
from trainer_module.data.ratings import COLUMNS, Ratings
from transform_module import features

HISTORY_PADDING = {features.HISTORY_MOVIE_IDS: features.PADDING_ID, features.HISTORY_RATINGS: 0.0}

# Examples parsed at once: parsing is the first epoch's cost, large batches spread its overhead.
_PARSE_BATCH = 2048


def rating_dataset(
    data_accessor: Any,
    file_patterns: Sequence[str],
    transform_output: tft.TFTransformOutput,
    *,
    max_history: int,
    batch_size: int,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Batches of model inputs and ratings.

    Parsed examples are cached in memory (about 1.3 kB each at 100 history items).

    Args:
        data_accessor: Of the trainer's `FnArgs`: knows how the examples are stored.
        file_patterns: Where the transformed examples lie.
        transform_output: Of Transform: the schema of the examples.
        max_history: History items kept a row.
        batch_size: Rows a batch.
        shuffle_seed: Shuffle anew each epoch, starting from this seed, and give the out-of-fold
            aggregates in place of the plain ones: the training set. None: as stored, plain.

    Raises:
        ValueError: The files hold no example.

    Returns:
        Dataset of (inputs, stars [B]); inputs by name, float32 or int64, [B] but GENRE_SHARES
        [B, GENRES] and the histories [B, max_history].
    """
    training = shuffle_seed is not None

    def to_inputs(parsed: dict[str, Any]) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        inputs = {
            name: _column(parsed, name, training, max_history)
            for name in (*MOVIE_FEATURES, *USER_FEATURES)
        }
        user = {name: inputs[name] for name in USER_FEATURES}
        return user | movie_inputs(inputs), tf.squeeze(parsed[features.RATING], axis=1)

    dataset = parsed_examples(data_accessor, file_patterns, transform_output)
    dataset = dataset.map(to_inputs, num_parallel_calls=tf.data.AUTOTUNE).unbatch().cache()
    dataset = _counted(dataset, file_patterns)
    if training:
        # A window of this many rows; MovieLens files are in the order of hashed users.
        dataset = dataset.shuffle(200_000, seed=shuffle_seed, reshuffle_each_iteration=True)
    return dataset.batch(batch_size, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)


def read_ratings(
    data_accessor: Any,
    file_patterns: Sequence[str],
    transform_output: tft.TFTransformOutput,
    catalogue_ids: NDArray[np.int64],
) -> Ratings:
    """Reads who rated what, how and when, and nothing else of the transformed examples.

    Args:
        data_accessor: Of the trainer's `FnArgs`: knows how the examples are stored.
        file_patterns: Where the transformed examples lie.
        transform_output: Of Transform: the schema of the examples.
        catalogue_ids: int64 [N], rising, the movies of the catalogue's rows 1 to N.

    Raises:
        ValueError: The files hold no example.
    """
    columns = _read_columns(data_accessor, file_patterns, transform_output, COLUMNS)
    if not len(columns[features.RATING]):
        raise ValueError(_no_example(file_patterns))
    return Ratings.from_columns(
        {name: column.reshape(-1) for name, column in columns.items()}, catalogue_ids
    )


def _counted(dataset: tf.data.Dataset, file_patterns: Sequence[str]) -> tf.data.Dataset:
    """Fills the cache and tells Keras the number of rows, which it would else have to guess."""
    rows = int(dataset.reduce(tf.constant(0, tf.int64), lambda count, _: count + 1))
    if not rows:
        raise ValueError(_no_example(file_patterns))
    return dataset.apply(tf.data.experimental.assert_cardinality(rows))


def _no_example(file_patterns: Sequence[str]) -> str:
    return (
        f"No example in {', '.join(file_patterns)}: there is nothing to train on or to stop by. "
        f"Give the split more ratings (ingest.eval_fraction, or a larger data set)."
    )


def parsed_examples(
    data_accessor: Any,
    file_patterns: Sequence[str],
    transform_output: tft.TFTransformOutput,
    names: Sequence[str] = (),
) -> tf.data.Dataset:
    """Every transformed example once, in large batches, as tensors by name.

    Args:
        data_accessor: Of the trainer's `FnArgs`.
        file_patterns: Where the examples lie.
        transform_output: Of Transform.
        names: The features to parse; all by default.
    """
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=_PARSE_BATCH, num_epochs=1, shuffle=False, drop_final_batch=False
    )
    schema = transform_output.transformed_metadata.schema
    if names:
        schema = schema_pb2.Schema(feature=[each for each in schema.feature if each.name in names])
    return data_accessor.tf_dataset_factory(list(file_patterns), options, schema)


def read_catalogue(
    data_accessor: Any, file_patterns: Sequence[str], transform_output: tft.TFTransformOutput
) -> Catalogue:
    """Reads the transformed examples of split `catalogue`."""
    names = (
        features.TITLE,
        features.MOVIE_RATING_COUNT,
        features.MOVIE_LIKE_COUNT,
        *MOVIE_FEATURES,
    )
    return Catalogue.from_columns(
        _read_columns(data_accessor, file_patterns, transform_output, names)
    )


def _read_columns(
    data_accessor: Any,
    file_patterns: Sequence[str],
    transform_output: tft.TFTransformOutput,
    names: Sequence[str],
) -> dict[str, NDArray[Any]]:
    """Dense features of all examples as arrays; of length 0 where there is none."""
    batches = [
        {name: batch[name].numpy() for name in names}
        for batch in parsed_examples(data_accessor, file_patterns, transform_output, names)
    ]
    return {
        name: np.concatenate([batch[name] for batch in batches]) if batches else np.zeros(0)
        for name in names
    }


def _column(parsed: dict[str, Any], name: str, training: bool, max_history: int) -> tf.Tensor:
    """One input of the model, dense; of an aggregate the out-of-fold version for training."""
    if name in HISTORY_PADDING:
        return dense_history(parsed[name], HISTORY_PADDING[name], max_history)
    if training and name in features.AGGREGATES:
        name = features.out_of_fold(name)
    tensor = parsed[name]
    return tensor if name in features.FIXED_LISTS else tf.squeeze(tensor, axis=1)


def dense_history(values: tf.SparseTensor, padding: Any, max_history: int) -> tf.Tensor:
    """Pads and cuts a sparse [B, ?] to a dense [B, max_history]; the first items are kept."""
    dense = tf.sparse.to_dense(values, default_value=padding)[:, :max_history]
    missing = max_history - tf.shape(dense)[1]
    padded = tf.pad(dense, [[0, 0], [0, missing]], constant_values=padding)
    padded.set_shape([None, max_history])
    return padded
