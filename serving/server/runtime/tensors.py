"""Tensors of the C API: parsed by TensorFlow from a TensorProto, read back as NumPy arrays."""

import ctypes
from typing import Any, Final

import numpy as np

from serving.protos import types_pb2
from serving.server.runtime.c_api import Buffer, library
from serving.server.status import unimplemented
from serving.tensors import Array, numpy_dtype

_STRING_BYTES: Final = 24  # sizeof(TF_TString), tensorflow/c/tf_tstring.h


class CTensor:
    """Owns one `TF_Tensor`, the `TF_Tensor*` in `pointer`; it is freed with the object."""

    def __init__(self, pointer: int) -> None:
        self.pointer = pointer

    def __del__(self) -> None:
        library().TF_DeleteTensor(self.pointer)

    @classmethod
    def from_proto(cls, proto: Any) -> "CTensor":
        """Parses a TensorProto with TensorFlow's own parser, as TensorFlow Serving does.

        Raises:
            StatusError: TensorFlow cannot parse it.
        """
        # TF_TensorFromProto replaces the content of an existing tensor, whatever it is.
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
        try:
            dtype = numpy_dtype(calls.TF_TensorType(self.pointer))
        except ValueError as error:
            raise unimplemented(str(error)) from error
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
