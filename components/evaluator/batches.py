"""Reads a batch of TFMA's extracts: what models predict for its rows, and which slices they are in.

With one model, TFMA's extracts hold its columns; with two, they hold them by the model's name.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.api import types

from components.evaluator.rated_rows import RatedRows
from transform_module import features


class Values(NamedTuple):
    """The values of a feature in a batch, in the order of their rows, as names of slices."""

    names: tuple[str, ...]  # the distinct values
    groups: NDArray[np.intp]  # [n], which of `names` each value is
    rows: NDArray[np.intp]  # [n], the row of each value, ascending


class Batch:
    """A batch after the models have predicted.

    The first model is the candidate. Its features decide which slice a row is in, so that two
    models that group users differently are compared on the same rows.
    """

    def __init__(self, extracts: Mapping[str, Any], model_names: Sequence[str]) -> None:
        self._extracts = extracts
        self._model_names = model_names

    def __len__(self) -> int:
        return len(self._extracts[constants.INPUT_KEY])

    def rated_rows(self, model_name: str) -> RatedRows:
        """The rows with a model's predictions.

        Raises:
            ValueError: The model gives no such column, or a value that is not finite.
        """
        transformed = self._of_model(constants.TRANSFORMED_FEATURES_KEY, model_name)
        predictions = self._of_model(constants.PREDICTIONS_KEY, model_name)
        labels = self._of_model(constants.LABELS_KEY, model_name)
        model = model_name or "candidate"
        return RatedRows(
            user_ids=_column(transformed, features.USER_ID, model).astype(np.int64),
            movie_ids=_column(transformed, features.MOVIE_ID, model).astype(np.int64),
            ratings=_column(labels, features.RATING, model).astype(np.float32),
            liked=_column(labels, features.LIKED, model) > 0.5,
            predicted_ratings=_finite(predictions, features.RATING, model),
            liked_scores=_finite(predictions, features.LIKED, model),
            bias_ratings=_finite(transformed, features.BIAS_RATING, model),
        )

    def values_of(self, feature: str) -> Values:
        """The values of a feature, transformed or raw; "" is padding and left out."""
        transformed = self._of_model(constants.TRANSFORMED_FEATURES_KEY, self._model_names[0])
        column = transformed.get(feature, self._extracts[constants.FEATURES_KEY].get(feature))
        if column is None:  # no row of the batch has the feature
            return Values((), np.array([], np.intp), np.array([], np.intp))
        values, rows = flatten(column)
        encoded = pa.array(values).dictionary_encode()
        names = tuple(map(_text, encoded.dictionary.to_pylist()))
        groups = encoded.indices.to_numpy()
        is_given = np.array([name != "" for name in names], np.bool_)[groups]
        return Values(names, groups[is_given], rows[is_given])

    def _of_model(self, extract: str, name: str) -> Mapping[str, Any]:
        values: Mapping[str, Any] = self._extracts[extract]
        return values if len(self._model_names) == 1 else values[name]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def flatten(column: Any) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Returns the values of a column in any of TFMA's layouts, and the row of each value.

    >>> flatten(np.array([["a", "b"], ["c", "d"]]))[1].tolist()
    [0, 0, 1, 1]
    """
    if isinstance(column, types.RaggedTensorValue):
        splits = column.nested_row_splits[0]
        return column.values, np.repeat(np.arange(len(splits) - 1), np.diff(splits))
    if isinstance(column, types.VarLenTensorValue | types.SparseTensorValue):
        return column.values, column.indices[:, 0]
    dense = np.asarray(column)
    width = dense.size // max(len(dense), 1)
    return dense.reshape(-1), np.repeat(np.arange(len(dense)), width)


def _column(columns: Mapping[str, Any], name: str, model: str) -> NDArray[Any]:
    """Returns the values of a [B] or [B, 1] column, as [B]."""
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
