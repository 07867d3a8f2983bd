"""Reads raw examples, as batches for Keras, as ratings, or as the catalogue."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.public.tfxio import TensorFlowDatasetOptions

from trainer_module.config import TrainerConfig
from trainer_module.data.catalogue import Catalogue
from trainer_module.data.histories import TrainHistories
from trainer_module.data.inputs import MOVIE_FEATURES, USER_FEATURES, movie_inputs
from trainer_module.data.ratings import COLUMNS, Ratings
from trainer_module.data.transform_graph import TransformGraph
from transform_module import features

CATALOGUE_COLUMNS = (
    features.TITLE,
    features.MOVIE_RATING_COUNT,
    features.MOVIE_LIKE_COUNT,
    *MOVIE_FEATURES,
)

# Examples parsed at once where nothing else sets the size: large batches spread the overhead.
_PARSE_BATCH = 2048
# Serialized examples, of some 200 bytes, from which the next one to train on is drawn. The files
# are in the order of users, drawn by a hash, so that a window holds a thousand of them.
_SHUFFLE_WINDOW = 100_000


@dataclasses.dataclass(frozen=True)
class RawExamples:
    """Reads what MovieLensExampleGen wrote. Each method takes the patterns of a split's files.

    Features are computed while the examples are read. That costs less than a training step and
    needs neither memory nor disk for the features of all ratings.
    """

    data_accessor: Any  # of TFX's `FnArgs`; it knows how the examples are stored
    graph: TransformGraph  # computes the features

    def batches(
        self, files: Sequence[str], ratings: Ratings, config: TrainerConfig, *, training: bool
    ) -> tf.data.Dataset:
        """Batches of (inputs by name, stars [B]) of the ratings in the files.

        For training, rows have the out-of-fold aggregates and histories among `ratings`, and are
        shuffled anew for each epoch, starting from `config.seed`. Otherwise they are as stored,
        with the plain aggregates.
        """
        histories = (
            TrainHistories(ratings, config.history, config.max_history) if training else None
        )

        def to_inputs(parsed: dict[str, Any]) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
            row = self.graph.of_parsed(parsed)
            if histories:
                row |= {name: row[features.out_of_fold(name)] for name in features.AGGREGATES}
                row |= histories.tensors_of(row[features.USER_ID], row[features.MOVIE_ID])
            user = {name: row[name] for name in USER_FEATURES}
            return user | movie_inputs(row), row[features.RATING]

        parsed = self._parsed(files, config.batch_size, config.seed if training else None)
        batches = -(-len(ratings) // config.batch_size)
        return (
            parsed.map(to_inputs, num_parallel_calls=tf.data.AUTOTUNE)
            .apply(tf.data.experimental.assert_cardinality(batches))
            .prefetch(2)
        )

    def ratings(self, files: Sequence[str], catalogue_ids: NDArray[np.int64]) -> Ratings:
        """Who rated what, how and when; catalogue ids as `Ratings.from_columns` takes them.

        Raises:
            ValueError: The files hold no example.
        """
        parsed = self._parsed(files, _PARSE_BATCH, names=COLUMNS)
        columns = _columns(parsed.map(lambda row: {name: row[name].values for name in COLUMNS}))
        if not columns:
            raise ValueError(
                f"No example in {', '.join(files)}: there is nothing to train on or to stop by. "
                f"Give the split more ratings (ingest.eval_fraction, or a larger data set)."
            )
        return Ratings.from_columns(columns, catalogue_ids)

    def catalogue(self, files: Sequence[str]) -> Catalogue:
        """The movies of split `catalogue`."""
        rows = self.transformed(files)
        columns = _columns({name: row[name] for name in CATALOGUE_COLUMNS} for row in rows)
        return Catalogue.from_columns(columns or {features.MOVIE_ID: np.zeros(0)})

    def transformed(self, files: Sequence[str]) -> tf.data.Dataset:
        """Every feature of every example, dense, in large batches."""
        return self._parsed(files, _PARSE_BATCH).map(self.graph.of_parsed)

    def _parsed(
        self,
        files: Sequence[str],
        size: int,
        shuffle_seed: int | None = None,
        names: Sequence[str] = (),
    ) -> tf.data.Dataset:
        """Every example once, in batches of sparse tensors of the named raw features, or of all."""
        options = TensorFlowDatasetOptions(
            batch_size=size,
            num_epochs=1,
            shuffle=shuffle_seed is not None,
            shuffle_buffer_size=_SHUFFLE_WINDOW,
            shuffle_seed=shuffle_seed,
        )
        schema = self.graph.raw_schema
        if names:
            schema = schema_pb2.Schema(feature=[x for x in schema.feature if x.name in names])
        return self.data_accessor.tf_dataset_factory(list(files), options, schema)


def _columns(batches: Iterable[dict[str, tf.Tensor]]) -> dict[str, NDArray[Any]]:
    """Joins the columns of batches; there are none if there is no batch."""
    parts = [{name: tensor.numpy() for name, tensor in batch.items()} for batch in batches]
    return {name: np.concatenate([part[name] for part in parts]) for name in (parts or [{}])[0]}
