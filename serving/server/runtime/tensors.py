"""Tensors of the C API: parsed by TensorFlow from a TensorProto, read back as NumPy arrays."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import numpy as np

from serving.protos import types_pb2
from serving.server.runtime.c_api import Buffer, library
from serving.server.status import StatusError
from serving.tensors import Array, numpy_dtype

_STRING_BYTES = 24  # sizeof(TF_TString), tensorflow/c/tf_tstring.h


class CTensor:
    """Owns one `TF_Tensor`; freed with the object.

    Attributes:
        pointer: the `TF_Tensor*`.
    """

    def __init__(self, pointer: int) -> None:
        self.pointer = pointer

    def __del__(self) -> None:
        library().TF_DeleteTensor(self.pointer)

    @classmethod
    def from_proto(cls, proto: Any) -> "CTensor":
        """Parses a TensorProto with TensorFlow's own parser, as TensorFlow Serving does.

        Raises:
            StatusError: where TensorFlow cannot parse it.
        """
        # TF_TensorFromProto fills a tensor that exists already; what it held does not matter.
        tensor = cls(library().TF_AllocateTensor(types_pb2.DT_FLOAT, None, 0, 4))
        content = proto.SerializeToString()
        library().checked("TF_TensorFromProto", Buffer.viewing(content), tensor.pointer)
        return tensor

    def to_array(self) -> Array:
        """Copies the tensor out; strings become an object array of bytes.

        Raises:
            StatusError: UNIMPLEMENTED for a type that cannot leave the process, such as a resource.
        """
        calls = library()
        rank = calls.TF_NumDims(self.pointer)
        shape = tuple(calls.TF_Dim(self.pointer, axis) for axis in range(rank))
        with _unsupported_type_as_status():
            dtype = numpy_dtype(calls.TF_TensorType(self.pointer))
        if 0 in shape:
            # An empty tensor may have no buffer, and the calls below would follow a null pointer.
            return np.empty(shape, dtype)
        if dtype.hasobject:
            return self._strings(shape)
        size = calls.TF_TensorByteSize(self.pointer)
        content = ctypes.string_at(calls.TF_TensorData(self.pointer), size)
        return np.frombuffer(content, dtype=dtype).reshape(shape)

    def _strings(self, shape: tuple[int, ...]) -> Array:
        calls = library()
        start = calls.TF_TensorData(self.pointer)
        array = np.empty(int(np.prod(shape, dtype=np.int64)), dtype=object)
        for index in range(len(array)):
            element = start + index * _STRING_BYTES
            data, size = calls.TF_StringGetDataPointer(element), calls.TF_StringGetSize(element)
            array[index] = ctypes.string_at(data, size)
        return array.reshape(shape)


@contextmanager
def _unsupported_type_as_status() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise StatusError(grpc.StatusCode.UNIMPLEMENTED, str(error)) from error
