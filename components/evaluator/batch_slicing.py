"""Slices whole batches: the part that keeps evaluation fast.

TFMA's own way is row by row: a batch is taken apart into one dict a rating, each is copied to each
of its slices (overall, its genres, activity, ...: seven or so), and Python combiners are called for
every copy. Here a batch stays arrays. For every slice that occurs in it, one extract holds the rows
of that slice, so the work in Python is by batch and slice, not by row and slice.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import apache_beam as beam
import numpy as np
from numpy.typing import NDArray
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.api import types
from tensorflow_model_analysis.slicer import slicer_lib

from components.evaluator.rated_rows import RatedRows
from components.evaluator.slice_names import OVERALL, WHOLE_USER_FEATURES
from transform_module import features

ROWS_KEY: Final = "rated_rows"  # in the extracts given on: {model name: RatedRows}


class SliceBatch(beam.DoFn):
    """Gives, for every slice that occurs in a batch of extracts, one extract with its rows."""

    def __init__(self, model_names: Sequence[str], slice_features: Sequence[str]) -> None:
        """Sets what to slice and by what.

        Args:
            model_names: The candidate first: slices are by its features, so that two models that
                group users differently are compared on the same rows.
            slice_features: Feature names, transformed or raw, and `OVERALL`.
        """
        self._model_names = tuple(model_names)
        self._slice_features = tuple(slice_features)

    def process(self, batch: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yields `{slice keys: [one slice key], ROWS_KEY: {model name: RatedRows}}`."""
        rows_by_model = {name: self._rated_rows(batch, name) for name in self._model_names}
        transformed = self._of_model(
            batch, constants.TRANSFORMED_FEATURES_KEY, self._model_names[0]
        )
        for feature in self._slice_features:
            keep_ids = feature in WHOLE_USER_FEATURES
            column = transformed.get(feature, batch[constants.FEATURES_KEY].get(feature))
            for slice_key, positions in _slices(feature, column, len(batch[constants.INPUT_KEY])):
                yield {
                    constants.SLICE_KEY_TYPES_KEY: slicer_lib.slice_keys_to_numpy_array(
                        [slice_key]
                    ),
                    ROWS_KEY: {
                        name: rows.take(positions, keep_ids=keep_ids)
                        for name, rows in rows_by_model.items()
                    },
                }

    def _of_model(self, batch: Mapping[str, Any], extract: str, name: str) -> Mapping[str, Any]:
        values: Mapping[str, Any] = batch[extract]
        # TFMA keys these extracts by model only where there is more than one.
        return values if len(self._model_names) == 1 else values[name]

    def _rated_rows(self, batch: Mapping[str, Any], name: str) -> RatedRows:
        transformed = self._of_model(batch, constants.TRANSFORMED_FEATURES_KEY, name)
        predictions = self._of_model(batch, constants.PREDICTIONS_KEY, name)
        labels = self._of_model(batch, constants.LABELS_KEY, name)
        model = name or "candidate"
        return RatedRows(
            user_ids=_column(transformed, features.USER_ID, model).astype(np.int64),
            movie_ids=_column(transformed, features.MOVIE_ID, model).astype(np.int64),
            ratings=_column(labels, features.RATING, model).astype(np.float32),
            liked=_column(labels, features.LIKED, model) > 0.5,
            predicted_ratings=_finite(predictions, features.RATING, model),
            liked_scores=_finite(predictions, features.LIKED, model),
            bias_ratings=_finite(transformed, features.BIAS_RATING, model),
        )


def _column(columns: Mapping[str, Any], name: str, model: str) -> NDArray[Any]:
    """The values of a [B] or [B, 1] column, as [B]."""
    if columns.get(name) is None:
        raise ValueError(
            f"The {model} model gives no {name!r}, which its evaluation needs; it gives only "
            f"{sorted(key for key, value in columns.items() if value is not None)}. "
            "Export it with this version of the trainer, or evaluate without it."
        )
    return np.asarray(columns[name]).reshape(-1)


def _finite(columns: Mapping[str, Any], name: str, model: str) -> NDArray[np.float32]:
    values = _column(columns, name, model).astype(np.float32)
    wrong = np.count_nonzero(~np.isfinite(values))
    if wrong:
        raise ValueError(
            f"The {model} model gives {wrong} NaN or infinite values of {name!r} in a batch of "
            f"{len(values)} test rows, expected none. Did its training diverge?"
        )
    return values


def _slices(
    feature: str, column: Any, batch_size: int
) -> Iterator[tuple[tuple[tuple[str, str], ...], NDArray[np.intp]]]:
    """Slice keys and the positions of their rows, for one feature of a batch."""
    if feature == OVERALL:
        yield (), np.arange(batch_size)
        return
    if column is None:  # no row of the batch has the feature: a batch of movies without genres
        return
    values, positions = flatten(column)
    distinct, groups = np.unique(values, return_inverse=True)
    for group, value in enumerate(distinct):
        name = value.decode() if isinstance(value, bytes) else str(value)
        if name:  # '' is padding
            # Unique: a movie that lists a genre twice is in the slice once.
            yield ((feature, name),), np.unique(positions[groups == group])


def flatten(column: Any) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The values of a column of any of TFMA's layouts, and the row each belongs to.

    Args:
        column: Dense [B] or [B, k], sparse or ragged [B, any].

    Returns:
        Values [n] and rows [n], n at least 0.

    >>> flatten(np.array([["a", "b"], ["c", "d"]]))[1].tolist()
    [0, 0, 1, 1]
    """
    if isinstance(column, types.RaggedTensorValue):
        return column.values, np.repeat(
            np.arange(len(column.nested_row_splits[0]) - 1), np.diff(column.nested_row_splits[0])
        )
    if isinstance(column, types.VarLenTensorValue | types.SparseTensorValue):
        return column.values, column.indices[:, 0]
    dense = np.asarray(column)
    width = dense.size // max(len(dense), 1)
    return dense.reshape(-1), np.repeat(np.arange(len(dense)), width)
