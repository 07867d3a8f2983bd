"""A SavedModel in a session of TensorFlow's C++ runtime, and the tensors that go in and out."""

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from serving.protos import config_pb2, meta_graph_pb2, types_pb2
from serving.server.runtime.c_api import Buffer, Output, checked, library
from serving.server.status import invalid_argument, not_found, unimplemented
from serving.tensors import Array, numpy_dtype

SAVED_MODEL_FILE: Final = "saved_model.pb"
SERVE_TAG: Final = b"serve"
STRING_BYTES: Final = (
    24  # sizeof(TF_TString), tensorflow/c/tf_tstring.h; long strings lie elsewhere
)


class CTensor:
    """Owns one `TF_Tensor`, the `TF_Tensor*` in `pointer`; it is freed with the object."""

    def __init__(self, pointer: int) -> None:
        self.pointer = pointer

    def __del__(self) -> None:
        library().TF_DeleteTensor(self.pointer)

    @classmethod
    def from_proto(cls, proto: Any) -> "CTensor":
        """Parses a TensorProto with TensorFlow's own parser, or raises its StatusError."""
        # TF_TensorFromProto replaces the content of an existing tensor, whatever it is.
        tensor = cls(library().TF_AllocateTensor(types_pb2.DT_FLOAT, None, 0, 4))
        content = proto.SerializeToString()
        checked("TF_TensorFromProto", Buffer.viewing(content), tensor.pointer)
        return tensor

    def to_array(self) -> Array:
        """Copies the tensor out; strings become an object array of bytes."""
        calls = library()
        rank = calls.TF_NumDims(self.pointer)
        shape = tuple(calls.TF_Dim(self.pointer, axis) for axis in range(rank))
        try:
            dtype = numpy_dtype(calls.TF_TensorType(self.pointer))
        except ValueError as error:
            raise unimplemented(str(error)) from error  # a resource, for example
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
            element = start + index * STRING_BYTES
            data, size = calls.TF_StringGetDataPointer(element), calls.TF_StringGetSize(element)
            array[index] = ctypes.string_at(data, size)
        return array.reshape(shape)


class SavedModel:
    """A loaded SavedModel; safe to run from many threads at once.

    `signatures` has every entry of the `signature_def` map, `__saved_model_init_op` too.
    """

    def __init__(self, path: Path) -> None:
        """Loads the SavedModel in a folder; a StatusError has the C++ loader's code and message."""
        if not (path / SAVED_MODEL_FILE).is_file():
            raise not_found(
                "Specified file path does not appear to contain a SavedModel bundle (should have a "
                f"file called `{SAVED_MODEL_FILE}`)\nSpecified file path: {path}"
            )
        self._graph = library().TF_NewGraph()
        self._outputs: dict[str, Output] = {}
        try:
            self._session, meta_graph = _load(path, self._graph)
        except BaseException:
            library().TF_DeleteGraph(self._graph)
            raise
        self.signatures: dict[str, Any] = dict(meta_graph.signature_def)

    def run(
        self, feeds: Mapping[str, CTensor], fetches: Sequence[str], timeout_seconds: float | None
    ) -> list[Array]:
        """Runs the graph and returns the fetched tensors in order.

        Feeds and fetches name graph tensors, such as `serving_default_k:0`. Without a timeout the
        run may last for ever. A StatusError has the code and message of what failed.
        """
        inputs = (Output * len(feeds))(*map(self._output, feeds))
        values = (ctypes.c_void_p * len(feeds))(*(tensor.pointer for tensor in feeds.values()))
        outputs = (Output * len(fetches))(*map(self._output, fetches))
        results = (ctypes.c_void_p * len(fetches))()
        checked(
            "TF_SessionRun",
            self._session,
            _run_options(timeout_seconds),
            *(inputs, values, len(inputs)),
            *(outputs, results, len(outputs)),
            *(None, 0, None),
        )
        tensors = [CTensor(pointer) for pointer in results if pointer is not None]
        return [tensor.to_array() for tensor in tensors]

    def close(self) -> None:
        """Frees the session and the graph. The model must not be run afterwards."""
        checked("TF_CloseSession", self._session)
        checked("TF_DeleteSession", self._session)
        library().TF_DeleteGraph(self._graph)

    def _output(self, tensor_name: str) -> Output:
        if tensor_name in self._outputs:
            return self._outputs[tensor_name]
        operation_name, _, index = tensor_name.rpartition(":")
        operation = library().TF_GraphOperationByName(self._graph, operation_name.encode())
        if operation is None or int(index) >= library().TF_OperationNumOutputs(operation):
            raise invalid_argument(
                f"Tensor {tensor_name}, specified in either feed_devices or fetch_devices was not "
                "found in the Graph"
            )
        return self._outputs.setdefault(tensor_name, Output(operation, int(index)))


def _load(path: Path, graph: int) -> tuple[int, Any]:
    """Returns the session and the MetaGraphDef of the SavedModel at `path`."""
    calls = library()
    options, serialized = calls.TF_NewSessionOptions(), calls.TF_NewBuffer()
    try:
        session = checked(
            "TF_LoadSessionFromSavedModel",
            *(options, None, bytes(path)),
            *((ctypes.c_char_p * 1)(SERVE_TAG), 1),
            *(graph, serialized),
        )
        content = ctypes.string_at(serialized.contents.data, serialized.contents.length)
        return session, meta_graph_pb2.MetaGraphDef.FromString(content)
    finally:
        calls.TF_DeleteBuffer(serialized)
        calls.TF_DeleteSessionOptions(options)


def _run_options(timeout_seconds: float | None) -> Buffer | None:
    if timeout_seconds is None:
        return None
    # 0 would mean no limit to TensorFlow, the opposite of a deadline that has just passed.
    milliseconds = max(1, int(timeout_seconds * 1000))
    return Buffer.viewing(config_pb2.RunOptions(timeout_in_ms=milliseconds).SerializeToString())
