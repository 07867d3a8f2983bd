"""Reads transformed examples: as batches for Keras, as ratings, as the catalogue."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.public import tfxio

from trainer_module.config import TrainerConfig
from trainer_module.data.catalogue import Catalogue
from trainer_module.data.inputs import MOVIE_FEATURES, USER_FEATURES, movie_inputs
from trainer_module.data.ratings import COLUMNS, Ratings
from transform_module import features

HISTORY_PADDING = {features.HISTORY_MOVIE_IDS: features.PADDING_ID, features.HISTORY_RATINGS: 0.0}
CATALOGUE_COLUMNS = (
    features.TITLE,
    features.MOVIE_RATING_COUNT,
    features.MOVIE_LIKE_COUNT,
    *MOVIE_FEATURES,
)

# Examples parsed at once: parsing is the first epoch's cost, large batches spread its overhead.
_PARSE_BATCH = 2048


@dataclasses.dataclass(frozen=True)
class TransformedExamples:
    """Reads what Transform wrote. Each method takes the patterns of a split's files."""

    data_accessor: Any  # of TFX's `FnArgs`; it knows how the examples are stored
    transform_output: tft.TFTransformOutput  # of Transform; it has the schema of the examples

    def batches(
        self, files: Sequence[str], config: TrainerConfig, *, training: bool
    ) -> tf.data.Dataset:
        """Batches of (inputs by name, stars [B]), cached in memory (1.3 kB a row of 100 movies).

        For training, rows have the out-of-fold aggregates and are shuffled anew for each epoch,
        starting from `config.seed`. Otherwise they are as stored, with the plain aggregates.

        Raises:
            ValueError: The files hold no example.
        """

        def to_inputs(parsed: dict[str, Any]) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
            inputs = {}
            for name in (*MOVIE_FEATURES, *USER_FEATURES):
                is_held_out = training and name in features.AGGREGATES
                values = parsed[features.out_of_fold(name) if is_held_out else name]
                inputs[name] = dense_feature(name, values, config.max_history)
            user = {name: inputs[name] for name in USER_FEATURES}
            return user | movie_inputs(inputs), tf.squeeze(parsed[features.RATING], axis=1)

        parsed = self._parsed(files)
        dataset = parsed.map(to_inputs, num_parallel_calls=tf.data.AUTOTUNE).unbatch().cache()
        # This fills the cache, and tells Keras the number of rows.
        rows = int(dataset.reduce(tf.constant(0, tf.int64), lambda count, _: count + 1))
        _require_examples(rows, files)
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(rows))
        if training:
            # A window of this many rows; MovieLens files are in the order of hashed users.
            dataset = dataset.shuffle(200_000, seed=config.seed, reshuffle_each_iteration=True)
        return dataset.batch(config.batch_size, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)

    def ratings(self, files: Sequence[str], catalogue_ids: NDArray[np.int64]) -> Ratings:
        """Who rated what, how and when; catalogue ids as `Ratings.from_columns` takes them.

        Raises:
            ValueError: The files hold no example.
        """
        columns = self._columns(files, COLUMNS)
        _require_examples(len(columns[features.RATING]), files)
        flat = {name: column.reshape(-1) for name, column in columns.items()}
        return Ratings.from_columns(flat, catalogue_ids)

    def catalogue(self, files: Sequence[str]) -> Catalogue:
        """The movies of split `catalogue`."""
        return Catalogue.from_columns(self._columns(files, CATALOGUE_COLUMNS))

    def _columns(self, files: Sequence[str], names: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Dense features of all examples; of length 0 if there is no example."""
        batches = [
            {name: batch[name].numpy() for name in names} for batch in self._parsed(files, names)
        ]
        return {
            name: np.concatenate([batch[name] for batch in batches]) if batches else np.zeros(0)
            for name in names
        }

    def _parsed(self, files: Sequence[str], names: Sequence[str] = ()) -> tf.data.Dataset:
        """Every example once, in large batches, as tensors of the named features, or of all."""
        options = tfxio.TensorFlowDatasetOptions(
            batch_size=_PARSE_BATCH, num_epochs=1, shuffle=False, drop_final_batch=False
        )
        schema = self.transform_output.transformed_metadata.schema
        if names:
            schema = schema_pb2.Schema(feature=[x for x in schema.feature if x.name in names])
        return self.data_accessor.tf_dataset_factory(list(files), options, schema)


def _require_examples(count: int, files: Sequence[str]) -> None:
    if not count:
        raise ValueError(
            f"No example in {', '.join(files)}: there is nothing to train on or to stop by. "
            f"Give the split more ratings (ingest.eval_fraction, or a larger data set)."
        )


def dense_feature(name: str, values: Any, max_history: int) -> tf.Tensor:
    """A transformed feature as models read it: [B], or [B, width] for `FIXED_LISTS`.

    A history, sparse [B, ?], is cut or padded to [B, max_history]; the first items are kept.
    """
    if name not in HISTORY_PADDING:
        return values if name in features.FIXED_LISTS else tf.squeeze(values, axis=1)
    padding = HISTORY_PADDING[name]
    dense = tf.sparse.to_dense(values, default_value=padding)[:, :max_history]
    missing = max_history - tf.shape(dense)[1]
    padded = tf.pad(dense, [[0, 0], [0, missing]], constant_values=padding)
    padded.set_shape([None, max_history])
    return padded
