"""Requests in JSON, read as TensorFlow Serving reads them (util/json_tensor.cc).

Predict takes rows (`instances`) or columns (`inputs`), and makes tensors of them. What cannot be
read is a StatusError, INVALID_ARGUMENT.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from serving.protos import types_pb2
from serving.server.status import StatusError, invalid_argument, unimplemented
from serving.tensors import Array, data_type, encode_typed, numpy_dtype

ROWS: Final = "instances"
COLUMNS: Final = "inputs"
BASE64_KEY: Final = "b64"
_TYPE_NAMES: Final = {str: "String", list: "Array", dict: "Object", type(None): "Null"}


def parse_object(body: bytes) -> dict[str, Any]:
    """Parses a request's body, which must be a JSON object; NaN and Infinity are numbers."""
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


def input_tensors(document: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
    """The TensorProtos of a request's rows or columns, for the TensorInfos of a signature."""
    if ROWS not in document and COLUMNS not in document:
        raise invalid_argument(f"Missing '{COLUMNS}' or '{ROWS}' key")
    if ROWS in document and COLUMNS in document:
        raise invalid_argument(
            f"JSON Value: {text_of(document)} Not formatted correctly expecting only one of "
            f"'{COLUMNS}' or '{ROWS}' keys to exist "
        )
    if COLUMNS in document:
        return _tensors_of_columns(document[COLUMNS], infos)
    if not isinstance(document[ROWS], list):
        raise invalid_argument(
            f"JSON Value: {text_of(document)} Excepting '{ROWS}' to be an list/array"
        )
    if not document[ROWS]:
        raise invalid_argument(f"JSON Value: {text_of(document)} No values in '{ROWS}' array")
    return _tensors_of_rows(document[ROWS], infos)


def _tensors_of_columns(value: Any, infos: Mapping[str, Any]) -> dict[str, Any]:
    if not _is_named(value):
        if len(infos) > 1:
            raise invalid_argument(
                "inputs is a plain value/list, but expecting an object as multiple input tensors "
                "required as per tensorinfo_map"
            )
        value = dict.fromkeys(infos, value)
    for name in infos:
        if name not in value:
            raise invalid_argument(f"Missing named input: {name} in 'inputs' object.")
    return {name: encode_typed(_array(value[name], info.dtype)) for name, info in infos.items()}


def _tensors_of_rows(rows: list[Any], infos: Mapping[str, Any]) -> dict[str, Any]:
    are_objects = _is_named(rows[0])
    if len(infos) > 1 and not are_objects:
        raise invalid_argument(
            "instances is a plain list, but expecting list of objects as multiple input tensors "
            "required as per tensorinfo_map"
        )
    columns: dict[str, list[Array]] = {name: [] for name in infos}
    for number, row in enumerate(rows):
        if _is_named(row) != are_objects:
            expected, got = ("object", "list") if are_objects else ("value/list", "object")
            raise invalid_argument(
                f"Expecting {expected} but got {got} at item {number} of input list"
            )
        named = row if are_objects else dict.fromkeys(infos, row)
        if set(named) != set(infos):
            raise invalid_argument(
                f"Failed to process element: {number} of 'instances' list. JSON object: "
                f"{text_of(row)} keys must be equal to: {','.join(sorted(infos))}"
            )
        for name, value in named.items():
            try:
                _append(columns[name], _array(value, infos[name].dtype))
            except StatusError as error:
                key = f" key: {name}" if are_objects else ""
                raise invalid_argument(
                    f"Failed to process element: {number}{key} of 'instances' list. Error: "
                    f"{error.code.name}: {error.message}"
                ) from error
    return {name: encode_typed(np.stack(column)) for name, column in columns.items()}


def _append(column: list[Array], row: Array) -> None:
    if column and column[0].shape != row.shape:
        expected, got = (list(array.shape) for array in (column[0], row))
        raise invalid_argument(f"Expecting shape {expected} but got: {got}")
    column.append(row)


def _array(value: Any, number: int) -> Array:
    """The array of nested lists, for the number of a data type."""
    try:
        dtype = numpy_dtype(number)
    except ValueError as error:
        raise unimplemented(str(error)) from error
    values = np.array(value, dtype=object)  # a ragged part stays a list, which is no element
    array = np.empty(values.shape, dtype)
    array.ravel()[:] = [_element(element, dtype) for element in values.ravel().tolist()]
    return array


def _element(value: Any, dtype: "np.dtype[Any]") -> Any:
    """A JSON value as an element of a tensor; numbers must fit its type."""
    if dtype.hasobject and isinstance(value, (str, dict)):
        return value.encode() if isinstance(value, str) else _from_base64(value)
    if dtype.kind == "b" and isinstance(value, bool):
        return value
    if dtype.kind in "iu" and type(value) is int:
        limits = np.iinfo(dtype)
        if limits.min <= value <= limits.max:
            return value
    if dtype.kind == "f" and isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_precision(value, dtype)
        return value
    kind = str(value) if isinstance(value, bool) else _TYPE_NAMES.get(type(value), "Number")
    raise invalid_argument(
        f"JSON Value: {text_of(value)} Type: {kind} is not of expected type: {_type_name(dtype)}"
    )


def _check_precision(value: float, dtype: "np.dtype[Any]") -> None:
    """Whole numbers must be held exactly, others must be in range."""
    kind = np.finfo(dtype)
    if isinstance(value, int):
        is_held = abs(value) < 2 ** (kind.nmant + 1)
    else:
        is_held = not np.isfinite(value) or abs(value) <= float(kind.max)
    if not is_held:
        raise invalid_argument(
            f"Cannot convert JSON value: {text_of(value)} to {_type_name(dtype)} without loss of "
            "precision."
        )


def _type_name(dtype: "np.dtype[Any]") -> str:
    """The name of a type as TensorFlow prints it, such as `float`."""
    number = types_pb2.DT_STRING if dtype.hasobject else data_type(dtype)
    return str(types_pb2.DataType.Name(number)).removeprefix("DT_").lower()


def _from_base64(value: dict[str, Any]) -> bytes:
    if _is_named(value):
        raise invalid_argument(
            f"JSON Value: {text_of(value)} not formatted correctly for base64 data"
        )
    try:
        return base64.b64decode(value[BASE64_KEY], validate=True)
    except ValueError as error:
        raise invalid_argument("Unable to base64 decode") from error


def _is_named(value: object) -> bool:
    """Whether a value is an object, and not one that stands for bytes by its one key `b64`."""
    if not isinstance(value, dict):
        return False
    return set(value) != {BASE64_KEY} or not isinstance(value[BASE64_KEY], str)
