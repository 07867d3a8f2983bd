"""Answers of Predict by JSON: row by row (`predictions`) or tensor by tensor (`outputs`)."""

import json
from collections.abc import Mapping
from typing import Any, Final

from serving.server.rest.json_requests import COLUMNS
from serving.server.rest.json_values import array_text
from serving.server.status import invalid_argument
from serving.tensors import Array, decode

_BYTES_SUFFIX: Final = "_bytes"


def outputs_text(outputs: Mapping[str, Any], chosen_layout: str) -> str:
    """The body of the answer: `predictions`, row by row, or `outputs`, tensor by tensor.

    Raises:
        StatusError: INVALID_ARGUMENT for outputs that have no rows in common.
    """
    arrays = {name: decode(outputs[name]) for name in sorted(outputs)}
    if chosen_layout == COLUMNS:
        texts = {name: array_text(a, as_bytes=_is_bytes(name, a)) for name, a in arrays.items()}
        return _body("outputs", _object_text(texts))
    rows = _row_count(arrays)
    texts_of_rows = [
        _object_text(
            {n: array_text(a[i, ...], as_bytes=_is_bytes(n, a)) for n, a in arrays.items()}
        )
        for i in range(rows)
    ]
    return _body("predictions", f"[{', '.join(texts_of_rows)}]")


def _row_count(arrays: Mapping[str, Array]) -> int:
    rows = -1
    for name, array in arrays.items():
        if array.ndim == 0:
            raise invalid_argument(f"Tensor name: {name} has no shape information ")
        if rows not in (-1, len(array)):
            raise invalid_argument(
                f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: {rows}"
            )
        rows = len(array)
    return rows


def _object_text(texts: Mapping[str, str]) -> str:
    """One output stands alone; several become an object."""
    if len(texts) == 1:
        return next(iter(texts.values()))
    return f"{{{', '.join(f'{json.dumps(name)}: {text}' for name, text in texts.items())}}}"


def _body(key: str, text: str) -> str:
    return f"{{\n    {json.dumps(key)}: {text}\n}}"


def _is_bytes(name: str, array: Array) -> bool:
    return bool(array.dtype.hasobject) and name.endswith(_BYTES_SUFFIX)
