"""Answers in JSON, written as TensorFlow Serving writes them (util/json_tensor.cc).

Predict answers row by row (`predictions`) or tensor by tensor (`outputs`). What cannot be written
is a StatusError, INVALID_ARGUMENT.
"""

import base64
import json
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from serving.server.rest.json_requests import BASE64_KEY
from serving.server.status import StatusError, invalid_argument
from serving.tensors import Array, decode

_BYTES_SUFFIX: Final = "_bytes"  # outputs of such names are bytes, other strings are text
_DIGITS: Final = {np.float32: 9, np.float64: 17}


def outputs_text(outputs: Mapping[str, Any], *, by_rows: bool) -> str:
    """The body of an answer, in the layout of the request."""
    arrays = {name: decode(outputs[name]) for name in sorted(outputs)}
    if not by_rows:
        return _body("outputs", _object_text(arrays))
    rows = [
        _object_text({name: array[row, ...] for name, array in arrays.items()})
        for row in range(_row_count(arrays))
    ]
    return _body("predictions", f"[{', '.join(rows)}]")


def error_text(error: StatusError) -> str:
    """The body of a failed request."""
    return _body("error", json.dumps(error.message, ensure_ascii=False))


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


def _object_text(arrays: Mapping[str, Array]) -> str:
    """One output stands alone; several become an object."""
    texts = {
        name: array_text(array, as_bytes=name.endswith(_BYTES_SUFFIX))
        for name, array in arrays.items()
    }
    if len(texts) == 1:
        return next(iter(texts.values()))
    return f"{{{', '.join(f'{json.dumps(name)}: {text}' for name, text in texts.items())}}}"


def _body(key: str, text: str) -> str:
    return f"{{\n    {json.dumps(key)}: {text}\n}}"


def array_text(array: Any, *, as_bytes: bool) -> str:
    """A tensor's values as nested lists; strings as base64 if they are bytes."""
    if array.dtype.kind not in "OSUbiuf" and array.dtype.name != "bfloat16":
        raise invalid_argument(f"Failed to write JSON value for tensor type: {array.dtype}")
    kind = np.float64 if array.dtype == np.float64 else np.float32

    def write(value: Any) -> str:
        if isinstance(value, list):
            return f"[{', '.join(map(write, value))}]"
        if isinstance(value, float):
            return decimal_text(value, kind)
        if not isinstance(value, bytes):
            return json.dumps(value)
        if as_bytes:
            return json.dumps({BASE64_KEY: base64.b64encode(value).decode()})
        return json.dumps(value.decode("utf-8", "replace"), ensure_ascii=False)

    return write(array.tolist())


def decimal_text(value: float, kind: Any) -> str:
    """A floating-point number: six digits if they are enough, else as many as it needs.

    >>> decimal_text(4.0, np.float32), decimal_text(float(np.float32(0.1)), np.float32)
    ('4.0', '0.1')
    """
    if not math.isfinite(value):
        return json.dumps(value)  # NaN, Infinity or -Infinity
    text = f"{value:.6g}"
    if float(kind(text)) != value:
        text = f"{value:.{_DIGITS[kind]}g}"
    return text if "." in text or "e" in text else f"{text}.0"
