from collections.abc import Callable

import numpy as np
import psutil
import pytest

from serving.protos import tensor_pb2, tensor_shape_pb2, types_pb2
from serving.server.runtime.saved_model import CTensor
from serving.server.status import StatusError
from serving.tensors import Array, encode, encode_typed


@pytest.mark.parametrize("pack", [encode, encode_typed])
@pytest.mark.parametrize(
    "array",
    [
        np.array([[1.5, -2.5], [np.inf, 0.0]], np.float32),
        np.array([2**63 - 1, -(2**63)]),
        np.array([[True], [False]]),
        np.array(7, np.uint8),
        np.array([0.5, -65504.0], np.float16),
        np.array([1 + 2j], np.complex64),
        np.zeros([0, 3], np.int32),
    ],
    ids=lambda array: f"{array.dtype}{list(array.shape)}",
)
def test_tensor_survives_the_way_through_tensorflow(
    pack: Callable[[Array], tensor_pb2.TensorProto], array: Array
) -> None:
    back = CTensor.from_proto(pack(array)).to_array()
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tolist() == array.tolist()


def test_strings_inside_and_outside_of_their_struct_are_read() -> None:
    assert CTensor.from_proto(encode(np.empty([0, 2], object))).to_array().shape == (0, 2)
    texts = [[b"", b"short"], ["Am\u00e9lie".encode(), b"x" * 10_000]]
    assert CTensor.from_proto(encode(np.array(texts, object))).to_array().tolist() == texts


def test_type_that_cannot_leave_the_process_is_refused() -> None:
    shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)])
    proto = tensor_pb2.TensorProto(dtype=types_pb2.DT_QINT8, tensor_shape=shape)
    with pytest.raises(StatusError, match="DT_QINT8") as caught:
        CTensor.from_proto(proto).to_array()
    assert caught.value.code.name == "UNIMPLEMENTED"


def test_memory_is_given_back() -> None:
    numbers = encode(np.zeros(1_000_000))
    text = encode(np.array([b"x" * 1_000_000] * 8, object))
    for proto in (numbers, text):
        CTensor.from_proto(proto).to_array()
    process = psutil.Process()
    before = process.memory_info().rss
    for _ in range(50):
        for proto in (numbers, text):
            CTensor.from_proto(proto).to_array()
    assert process.memory_info().rss - before < 100_000_000  # all kept would be 800 MB
