"""NumPy arrays to and from TensorProto, without TensorFlow.

A TensorProto holds its elements as `tensor_content` (the raw bytes, little-endian, row-major) or in
the typed field of its dtype (`float_val`, `int64_val`, ...), one value an element. TensorFlow
Serving answers in typed fields, so the embedded server does too.
"""

from typing import Any, Final, NamedTuple

import ml_dtypes
import numpy as np
from numpy.typing import DTypeLike, NDArray

from serving.protos import tensor_pb2, tensor_shape_pb2, types_pb2

Array = NDArray[Any]


class _Form(NamedTuple):
    """How elements of one dtype are held in their typed field."""

    dtype: DTypeLike  # in memory
    field: str
    stored: DTypeLike | None = None  # in the field; halves and complex numbers are their bits


_FORMS: Final[dict[int, _Form]] = {
    types_pb2.DT_FLOAT: _Form(np.float32, "float_val"),
    types_pb2.DT_DOUBLE: _Form(np.float64, "double_val"),
    types_pb2.DT_INT32: _Form(np.int32, "int_val"),
    types_pb2.DT_INT16: _Form(np.int16, "int_val"),
    types_pb2.DT_INT8: _Form(np.int8, "int_val"),
    types_pb2.DT_UINT16: _Form(np.uint16, "int_val"),
    types_pb2.DT_UINT8: _Form(np.uint8, "int_val"),
    types_pb2.DT_INT64: _Form(np.int64, "int64_val"),
    types_pb2.DT_UINT32: _Form(np.uint32, "uint32_val"),
    types_pb2.DT_UINT64: _Form(np.uint64, "uint64_val"),
    types_pb2.DT_BOOL: _Form(np.bool_, "bool_val"),
    types_pb2.DT_HALF: _Form(np.float16, "half_val", np.uint16),
    types_pb2.DT_BFLOAT16: _Form(ml_dtypes.bfloat16, "half_val", np.uint16),
    types_pb2.DT_COMPLEX64: _Form(np.complex64, "scomplex_val", np.float32),
    types_pb2.DT_COMPLEX128: _Form(np.complex128, "dcomplex_val", np.float64),
}
_ENUMS: Final = {np.dtype(form.dtype): number for number, form in _FORMS.items()}


def numpy_dtype(number: int) -> "np.dtype[Any]":
    """The NumPy dtype of a `DataType`, object for strings; ValueError if NumPy has no match."""
    if number == types_pb2.DT_STRING:
        return np.dtype(object)
    if number not in _FORMS:
        known = number in types_pb2.DataType.values()
        name = types_pb2.DataType.Name(number) if known else f"type {number}"
        raise ValueError(f"Unsupported tensor type. Received: {name}")
    return np.dtype(_FORMS[number].dtype)


def encode(array: Array) -> Any:
    """Packs an array into a TensorProto as raw bytes, or `str` and `bytes` into `string_val`.

    A ValueError if TensorFlow has no match for the dtype.
    """
    if array.dtype.kind in "OSU":
        return encode_typed(array)
    proto = _header(array, data_type(array.dtype))
    proto.tensor_content = np.ascontiguousarray(array).tobytes()
    return proto


def encode_typed(array: Array) -> Any:
    """Packs an array like `encode`, but into the typed field (TensorFlow's `AsProtoField`)."""
    if array.dtype.kind in "OSU":
        proto = _header(array, types_pb2.DT_STRING)
        proto.string_val.extend(_as_bytes(element) for element in array.ravel().tolist())
        return proto
    number = data_type(array.dtype)
    form = _FORMS[number]
    proto = _header(array, number)
    bits = np.ascontiguousarray(array).ravel().view(form.stored or form.dtype)
    getattr(proto, form.field).extend(bits.tolist())
    return proto


def decode(proto: Any) -> Array:
    """Reads a TensorProto as TensorFlow does; strings become an object array of bytes.

    Fewer values than elements repeat the last one; none at all give zeros; a surplus is dropped. A
    ValueError for unknown rank or dimension, unsupported type, or content of the wrong length.
    """
    if proto.tensor_shape.unknown_rank:
        raise ValueError("A tensor must have a known shape. Received one of unknown rank.")
    shape = tuple(dimension.size for dimension in proto.tensor_shape.dim)
    if any(size < 0 for size in shape):
        raise ValueError(f"A tensor must have a known shape. Received: {list(shape)}")
    if proto.dtype == types_pb2.DT_STRING:
        return _filled(np.array(list(proto.string_val), dtype=object), shape, b"")
    dtype = numpy_dtype(proto.dtype)
    if proto.tensor_content:
        return _from_content(proto.tensor_content, dtype, shape)
    form = _FORMS[proto.dtype]
    values = np.array(getattr(proto, form.field), dtype=form.stored or dtype)
    return _filled(values.view(dtype), shape, 0)


def _from_content(content: bytes, dtype: "np.dtype[Any]", shape: tuple[int, ...]) -> Array:
    expected = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if len(content) != expected:
        raise ValueError(
            f"A tensor of shape {list(shape)} and type {dtype} has {expected} bytes of content. "
            f"Received: {len(content)}"
        )
    return np.frombuffer(content, dtype=dtype).reshape(shape).copy()


def _filled(values: Array, shape: tuple[int, ...], default: Any) -> Array:
    count = int(np.prod(shape, dtype=np.int64))
    if len(values) < count:
        filler = values[-1] if len(values) else default
        values = np.concatenate([values, np.full(count - len(values), filler, dtype=values.dtype)])
    return values[:count].reshape(shape)


def _header(array: Array, number: int) -> Any:
    dimensions = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in array.shape]
    shape = tensor_shape_pb2.TensorShapeProto(dim=dimensions)
    return tensor_pb2.TensorProto(dtype=number, tensor_shape=shape)


def data_type(dtype: "np.dtype[Any]") -> int:
    """The number of the `DataType` of a NumPy dtype; ValueError if TensorFlow has no match."""
    try:
        return _ENUMS[dtype]
    except KeyError:
        raise ValueError(f"TensorFlow has no tensor type for the NumPy type {dtype}.") from None


def _as_bytes(element: object) -> bytes:
    if isinstance(element, bytes):
        return element
    if isinstance(element, str):
        return element.encode()
    raise ValueError(f"Expected text or bytes in a string tensor. Received: {element!r}")
