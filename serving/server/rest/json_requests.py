"""Requests of Predict by JSON: rows (`instances`) or columns (`inputs`) to tensors."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from serving.protos import tensor_pb2, types_pb2
from serving.server.rest.json_values import (
    data_type_text,
    decoded_base64,
    is_base64,
    text_of,
    type_of,
)
from serving.server.status import StatusError, invalid_argument, unimplemented

ROWS: Final = "instances"
COLUMNS: Final = "inputs"
_INT32: Final = range(-(2**31), 2**31)
_INT64: Final = range(-(2**63), 2**63)
# data type: (its field, which whole numbers it takes)
_INTEGERS: Final = {
    types_pb2.DT_INT32: ("int_val", _INT32),
    types_pb2.DT_INT16: ("int_val", _INT32),
    types_pb2.DT_INT8: ("int_val", _INT32),
    types_pb2.DT_UINT8: ("int_val", _INT32),
    types_pb2.DT_INT64: ("int64_val", _INT64),
    types_pb2.DT_UINT32: ("uint32_val", range(2**32)),
    types_pb2.DT_UINT64: ("uint64_val", range(2**64)),
}
_FLOATS: Final = {types_pb2.DT_FLOAT: "float_val", types_pb2.DT_DOUBLE: "double_val"}


def layout(document: Mapping[str, Any]) -> str:
    """Which of the two layouts a request has: `instances` or `inputs`.

    Raises:
        StatusError: INVALID_ARGUMENT for both, none, or no rows.
    """
    if ROWS in document and COLUMNS in document:
        raise invalid_argument(
            f"JSON Value: {text_of(document)} Not formatted correctly expecting only one of "
            f"'{COLUMNS}' or '{ROWS}' keys to exist "
        )
    if ROWS in document:
        if not isinstance(document[ROWS], list):
            raise invalid_argument(
                f"JSON Value: {text_of(document)} Excepting '{ROWS}' to be an list/array"
            )
        if not document[ROWS]:
            raise invalid_argument(f"JSON Value: {text_of(document)} No values in '{ROWS}' array")
        return ROWS
    if COLUMNS in document:
        return COLUMNS
    raise invalid_argument(f"Missing '{COLUMNS}' or '{ROWS}' key")


def tensors_of_columns(value: Any, infos: Mapping[str, Any]) -> dict[str, Any]:
    """The TensorProtos of the `inputs` of a request, each whole.

    Raises:
        StatusError: INVALID_ARGUMENT for values that do not fit the signature's inputs.
    """
    if not isinstance(value, dict) or is_base64(value):
        if len(infos) > 1:
            raise invalid_argument(
                "inputs is a plain value/list, but expecting an object as multiple input tensors "
                "required as per tensorinfo_map"
            )
        value = dict.fromkeys(infos, value)
    for name in infos:
        if name not in value:
            raise invalid_argument(f"Missing named input: {name} in 'inputs' object.")
    return {name: tensor_of(value[name], info.dtype) for name, info in infos.items()}


def tensors_of_rows(rows: list[Any], infos: Mapping[str, Any]) -> dict[str, Any]:
    """The TensorProtos of the `instances` of a request, put together row by row.

    Raises:
        StatusError: INVALID_ARGUMENT for rows that do not fit the signature's inputs or each other.
    """
    are_objects = _is_named(rows[0])
    if len(infos) > 1 and not isinstance(rows[0], dict):
        raise invalid_argument(
            "instances is a plain list, but expecting list of objects as multiple input tensors "
            "required as per tensorinfo_map"
        )
    whole: dict[str, Any] = {}
    for number, row in enumerate(rows):
        if _is_named(row) != are_objects:
            expected, got = ("object", "list") if are_objects else ("value/list", "object")
            raise invalid_argument(
                f"Expecting {expected} but got {got} at item {number} of input list"
            )
        named = row if are_objects else dict.fromkeys(infos, row)
        for name, value in named.items():
            try:
                _append(whole, name, value, infos)
            except StatusError as error:
                key = f" key: {name}" if are_objects else ""
                raise invalid_argument(
                    f"Failed to process element: {number}{key} of 'instances' list. Error: "
                    f"{error.code.name}: {error.message}"
                ) from error
        if set(named) != set(infos):
            raise invalid_argument(
                f"Failed to process element: {number} of 'instances' list. JSON object: "
                f"{text_of(row)} keys must be equal to: {','.join(sorted(infos))}"
            )
    for proto in whole.values():
        sizes = [len(rows), *(dimension.size for dimension in proto.tensor_shape.dim)]
        _set_shape(proto, sizes)
    return whole


def tensor_of(value: Any, data_type: int) -> Any:
    """The TensorProto of nested lists; their first elements tell the shape.

    Raises:
        StatusError: INVALID_ARGUMENT for ragged lists or values of another type.
    """
    sizes = []
    inner = value
    while isinstance(inner, list):
        sizes.append(len(inner))
        inner = inner[0] if inner else None
    proto = tensor_pb2.TensorProto(dtype=data_type)
    _set_shape(proto, sizes)
    _fill(proto, value, 0, sizes)
    return proto


def _append(whole: dict[str, Any], name: str, value: Any, infos: Mapping[str, Any]) -> None:
    if name not in infos:
        raise invalid_argument(f"JSON object: does not have named input: {name}")
    row = tensor_of(value, infos[name].dtype)
    if name not in whole:
        whole[name] = row
        return
    expected, got = ([d.size for d in proto.tensor_shape.dim] for proto in (whole[name], row))
    if np.prod(expected) != np.prod(got):
        raise invalid_argument(
            f"Expecting tensor size: {int(np.prod(expected))} but got: {int(np.prod(got))}"
        )
    if expected != got:
        shapes = (f"[{','.join(map(str, sizes))}]" for sizes in (expected, got))
        raise invalid_argument("Expecting shape {} but got: {}".format(*shapes))
    row.ClearField("tensor_shape")  # MergeFrom appends the values, and would append dimensions too
    whole[name].MergeFrom(row)


def _fill(proto: Any, value: Any, level: int, sizes: list[int]) -> None:
    if isinstance(value, list):
        if level >= len(sizes):
            raise invalid_argument(
                f"Encountered list at unexpected level: {level} expected < {len(sizes)}"
            )
        if len(value) != sizes[level]:
            raise invalid_argument(
                f"Encountered list at unexpected size: {len(value)} at level: {level} expected "
                f"size: {sizes[level]}"
            )
        for inner in value:
            _fill(proto, inner, level + 1, sizes)
        return
    if level != len(sizes):
        raise invalid_argument(
            f"JSON Value: {text_of(value)} found at incorrect level: {level + 1} in the JSON DOM. "
            f"Expected at level: {len(sizes)}"
        )
    _add(proto, value)


def _add(proto: Any, value: Any) -> None:
    number = proto.dtype
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number in _FLOATS and is_number:
        getattr(proto, _FLOATS[number]).append(_float(value, number))
    elif number == types_pb2.DT_STRING and isinstance(value, (str, dict)):
        proto.string_val.append(value.encode() if isinstance(value, str) else decoded_base64(value))
    elif number == types_pb2.DT_BOOL and isinstance(value, bool):
        proto.bool_val.append(value)
    elif number in _INTEGERS and type(value) is int and value in _INTEGERS[number][1]:
        getattr(proto, _INTEGERS[number][0]).append(value)
    elif number in (*_FLOATS, *_INTEGERS, types_pb2.DT_STRING, types_pb2.DT_BOOL):
        raise invalid_argument(
            f"JSON Value: {text_of(value)} Type: {type_of(value)} is not of expected type: "
            f"{data_type_text(number)}"
        )
    else:
        raise unimplemented(
            f"Conversion of JSON Value: {text_of(value)} to type: {data_type_text(number)}"
        )


def _float(value: float, number: int) -> float:
    """The number, where the tensor's type can hold it: whole ones exactly, others roughly."""
    kind = np.finfo(np.float32 if number == types_pb2.DT_FLOAT else np.float64)
    is_held = abs(value) < 2 ** (kind.nmant + 1) if isinstance(value, int) else True
    if isinstance(value, float) and np.isfinite(value):
        is_held = abs(value) <= float(kind.max)
    if not is_held:
        raise invalid_argument(
            f"Cannot convert JSON value: {text_of(value)} to {data_type_text(number)} without loss "
            "of precision."
        )
    return float(value)


def _is_named(value: object) -> bool:
    return isinstance(value, dict) and not is_base64(value)


def _set_shape(proto: Any, sizes: list[int]) -> None:
    proto.ClearField("tensor_shape")
    proto.tensor_shape.SetInParent()
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
