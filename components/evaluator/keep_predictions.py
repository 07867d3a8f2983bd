"""Keeps what the candidate predicts for every test rating, as `predictions` describes.

The pass that computes the metrics writes the files, batch by batch, so that memory does not grow
with the ratings. TFX reloads the module of the extractors before it calls them, so the folder is
kept here, in a module that it does not reload.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import apache_beam as beam
import numpy as np
import pyarrow as pa

from components.evaluator.batches import Batch
from components.evaluator.predictions import FILE_SUFFIX, schema_of
from components.evaluator.slices import OVERALL, Slicing
from transform_module import features

_TITLE: Final = Slicing(name=features.TITLE, has_one_value=True)
_FOLDER: Final[ContextVar[str | None]] = ContextVar("predictions", default=None)


@contextmanager
def keeping_predictions(folder: str) -> Iterator[None]:
    """Makes `custom_extractors` keep the predictions in a folder, of which TFX cannot tell it."""
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def predictions_folder() -> str | None:
    """The folder to keep the predictions in; None if they are not to be kept."""
    return _FOLDER.get()


class KeepPredictions(beam.PTransform):
    """Writes the candidate's predictions for batches of extracts, which it returns unchanged."""

    def __init__(
        self, folder: str, model_names: Sequence[str], slicings: Sequence[Slicing]
    ) -> None:
        super().__init__()
        self._prefix = f"{folder}/predictions"
        self._model_names = tuple(model_names)
        self._texts = (_TITLE, *(each for each in slicings if each.name != OVERALL))

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        schema = schema_of(self._texts)
        _ = (
            batches
            | "Tables" >> beam.Map(prediction_table, self._model_names, self._texts, schema)
            | beam.io.WriteToParquetBatched(
                self._prefix, schema, codec="zstd", file_name_suffix=FILE_SUFFIX
            )
        )
        return batches


def prediction_table(
    extracts: Mapping[str, Any],
    model_names: Sequence[str],
    texts: Sequence[Slicing],
    schema: pa.Schema,
) -> pa.Table:
    """Returns a batch of extracts as a table, with one row for each rating."""
    batch = Batch(extracts, model_names)
    rows = batch.rated_rows(model_names[0])
    numbers = (
        rows.user_ids,
        rows.movie_ids,
        rows.ratings,
        rows.predicted_ratings,
        rows.liked_scores,
        rows.bias_ratings,
    )
    columns = [*map(pa.array, numbers), *(_texts(batch, each) for each in texts)]
    return pa.Table.from_arrays(columns, schema=schema)


def _texts(batch: Batch, of: Slicing) -> pa.Array:
    values = batch.values_of(of.name)
    names = np.array(values.names, object)[values.groups]
    if of.has_one_value:
        texts = np.full(len(batch), "", object)
        texts[values.rows] = names
        return pa.array(texts, pa.string())
    ends = np.cumsum(np.bincount(values.rows, minlength=len(batch)))
    offsets = pa.array(np.r_[0, ends], pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(names, pa.string()))
