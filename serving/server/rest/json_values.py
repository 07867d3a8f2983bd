"""JSON as TensorFlow Serving reads and writes it (util/json_tensor.cc)."""

import base64
import binascii
import json
import math
from typing import Any, Final

import numpy as np

from serving.protos import types_pb2
from serving.server.status import StatusError, invalid_argument

_BASE64_KEY: Final = "b64"
_DIGITS: Final = {np.float32: 9, np.float64: 17}


def parse_object(body: bytes) -> dict[str, Any]:
    """Parses a request's body, which must be a JSON object; NaN and Infinity are numbers.

    Raises:
        StatusError: INVALID_ARGUMENT.
    """
    if not body:
        raise invalid_argument("JSON Parse error: The document is empty")
    try:
        document = json.loads(body)
    except json.JSONDecodeError as error:
        raise invalid_argument(f"JSON Parse error: {error.msg} at offset: {error.pos}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise invalid_argument(f"JSON Parse error: {error}") from error
    if not isinstance(document, dict):
        raise invalid_argument(f"JSON Value: {text_of(document)} Is not object")
    return document


def text_of(value: object) -> str:
    """A JSON value as it is quoted in errors."""
    return json.dumps(value, indent=4, ensure_ascii=False)


def type_of(value: object) -> str:
    """The name of a JSON value's type.

    >>> type_of(True), type_of(1.5), type_of(None)
    ('True', 'Number', 'Null')
    """
    if value is None or isinstance(value, bool):
        return "Null" if value is None else str(value)
    names: dict[type, str] = {str: "String", list: "Array", dict: "Object"}
    return names.get(type(value), "Number")


def data_type_text(number: int) -> str:
    """The name of a `DataType` as TensorFlow prints it.

    >>> data_type_text(types_pb2.DT_FLOAT)
    'float'
    """
    return str(types_pb2.DataType.Name(number)).removeprefix("DT_").lower()


def is_base64(value: object) -> bool:
    """Whether a value stands for bytes: an object with the one key `b64`."""
    return isinstance(value, dict) and set(value) == {_BASE64_KEY} and _is_text(value[_BASE64_KEY])


def decoded_base64(value: Any) -> bytes:
    """The bytes that `{"b64": ...}` stands for.

    Raises:
        StatusError: INVALID_ARGUMENT where it is no base64.
    """
    if not is_base64(value):
        raise invalid_argument(
            f"JSON Value: {text_of(value)} not formatted correctly for base64 data"
        )
    try:
        return base64.b64decode(value[_BASE64_KEY], validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid_argument("Unable to base64 decode") from error


def decimal_text(value: float, kind: Any) -> str:
    """A floating-point number: six digits where they are enough, else as many as are needed.

    >>> decimal_text(4.0, np.float32), decimal_text(float(np.float32(0.1)), np.float32)
    ('4.0', '0.1')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = f"{value:.6g}"
    if float(kind(text)) != value:
        text = f"{value:.{_DIGITS[kind]}g}"
    return text if "." in text or "e" in text else f"{text}.0"


def array_text(array: Any, *, as_bytes: bool) -> str:
    """A tensor's values as nested lists.

    Args:
        array: any shape.
        as_bytes: whether strings are written as base64.

    Raises:
        StatusError: INVALID_ARGUMENT for a type that JSON has no form for.
    """
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
            return json.dumps({_BASE64_KEY: base64.b64encode(value).decode()})
        return json.dumps(value.decode("utf-8", "replace"), ensure_ascii=False)

    return write(array.tolist())


def error_text(error: StatusError) -> str:
    """The body of a failed request."""
    return f"{{\n    {json.dumps('error')}: {json.dumps(error.message, ensure_ascii=False)}\n}}"


def _is_text(value: object) -> bool:
    return isinstance(value, str)
