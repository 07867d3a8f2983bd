from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from serving.protos import tensor_pb2, tensor_shape_pb2, types_pb2
from serving.tensors import Array, decode, encode, encode_typed, numpy_dtype

ARRAYS = [
    np.array([[0.5, -5.0], [np.inf, 1e-30]], np.float32),
    np.array([0.1, np.pi], np.float64),
    np.array([-(2**31), 2**31 - 1], np.int32),
    np.array([-(2**15), 2**15 - 1], np.int16),
    np.array([-128, 127], np.int8),
    np.array([0, 65535], np.uint16),
    np.array([0, 255], np.uint8),
    np.array([-(2**63), 2**63 - 1], np.int64),
    np.array([0, 2**32 - 1], np.uint32),
    np.array([0, 2**64 - 1], np.uint64),
    np.array([[True], [False]]),
    np.array([0.5, -65504.0], np.float16),
    np.array([0.5, -3.0], ml_dtypes.bfloat16),
    np.array([1 + 2j, -0.5j], np.complex64),
    np.array([1 + 2j, -0.5j], np.complex128),
    np.array(7, np.int32),
    np.zeros([0, 3], np.int64),
]


def named(array: Array) -> str:
    return f"{array.dtype}{list(array.shape)}"


def tensor(dtype: int, shape: list[int], **values: Any) -> tensor_pb2.TensorProto:
    dimensions = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in shape]
    return tensor_pb2.TensorProto(
        dtype=dtype, tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=dimensions), **values
    )


@pytest.mark.parametrize("array", ARRAYS, ids=named)
@pytest.mark.parametrize("pack", [encode, encode_typed])
def test_array_survives_the_way_to_a_proto_and_back(
    pack: Callable[[Array], tensor_pb2.TensorProto], array: Array
) -> None:
    back = decode(type(pack(array)).FromString(pack(array).SerializeToString()))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tolist() == array.tolist()


@pytest.mark.parametrize("array", ARRAYS, ids=named)
def test_requests_carry_raw_content_and_answers_typed_values(array: Array) -> None:
    assert encode(array).tensor_content == array.tobytes()
    assert encode_typed(array).tensor_content == b""


@pytest.mark.parametrize("array", [np.array(["é", "b"]), np.array([b"\xc3\xa9", b"b"])])
def test_text_travels_as_utf_8(array: Array) -> None:
    assert list(encode(array).string_val) == [b"\xc3\xa9", b"b"]
    assert decode(encode(array)).tolist() == [b"\xc3\xa9", b"b"]


def test_transposed_array_is_packed_in_row_major_order() -> None:
    array = np.array([[1, 2], [3, 4]]).T
    assert decode(encode(array)).tolist() == [[1, 3], [2, 4]]
    assert list(encode_typed(array).int64_val) == [1, 3, 2, 4]


def test_scalar_has_a_shape_without_dimensions() -> None:
    assert encode(np.array(7)).HasField("tensor_shape")
    assert decode(encode(np.array(7))).shape == ()


def test_fewer_values_than_elements_repeat_the_last() -> None:
    proto = tensor(types_pb2.DT_FLOAT, [2, 2], float_val=[1.0, 2.0])
    assert decode(proto).tolist() == [[1.0, 2.0], [2.0, 2.0]]


def test_no_values_are_zeros_or_empty_strings() -> None:
    assert decode(tensor(types_pb2.DT_INT64, [2])).tolist() == [0, 0]
    assert decode(tensor(types_pb2.DT_STRING, [2])).tolist() == [b"", b""]


def test_surplus_values_are_dropped() -> None:
    assert decode(tensor(types_pb2.DT_INT64, [1], int64_val=[5, 6])).tolist() == [5]


def test_missing_shape_is_a_scalar() -> None:
    assert decode(tensor_pb2.TensorProto(dtype=types_pb2.DT_INT32, int_val=[3])).tolist() == 3


def test_decoded_array_is_writable() -> None:
    decode(encode(np.zeros(2)))[0] = 1.0


def test_content_of_a_wrong_length_is_refused() -> None:
    proto = tensor(types_pb2.DT_INT32, [2], tensor_content=b"12345")
    with pytest.raises(ValueError, match=r"has 8 bytes of content. Received: 5"):
        decode(proto)


def test_negative_dimension_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Received: \[2, -1\]"):
        decode(tensor(types_pb2.DT_INT32, [2, -1]))


def test_unknown_rank_is_refused() -> None:
    shape = tensor_shape_pb2.TensorShapeProto(unknown_rank=True)
    with pytest.raises(ValueError, match="unknown rank"):
        decode(tensor_pb2.TensorProto(dtype=types_pb2.DT_INT32, tensor_shape=shape))


def test_type_without_a_numpy_match_is_refused() -> None:
    with pytest.raises(ValueError, match="DT_RESOURCE"):
        numpy_dtype(types_pb2.DT_RESOURCE)
    with pytest.raises(ValueError, match="type 9999"):
        numpy_dtype(9999)
    with pytest.raises(ValueError, match="datetime64"):
        encode(np.array(["2016-10-18"], "datetime64[D]"))


def test_object_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="Received: 3"):
        encode(np.array(["a", 3], dtype=object))
