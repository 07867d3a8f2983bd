"""A SavedModel in a session of TensorFlow's C++ runtime."""

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from serving.protos import config_pb2, meta_graph_pb2
from serving.server.runtime.c_api import Buffer, Output, library
from serving.server.runtime.tensors import CTensor
from serving.server.status import invalid_argument, not_found
from serving.tensors import Array

SAVED_MODEL_FILE: Final = "saved_model.pb"
SERVE_TAG: Final = b"serve"


class SavedModel:
    """A loaded SavedModel; safe to run from many threads at once.

    Attributes:
        signatures: Every entry of the `signature_def` map, `__saved_model_init_op` too.
    """

    def __init__(self, path: Path) -> None:
        """Loads the SavedModel in a folder with TensorFlow's C++ loader, as servables/tensorflow/.

        Raises:
            StatusError: With the loader's code and message; NOT_FOUND if `saved_model.pb` is
                missing.
        """
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
        """Runs the graph.

        Args:
            feeds: A tensor for each graph tensor name, such as `serving_default_k:0`.
            fetches: Names of the graph tensors wanted.
            timeout_seconds: When to give up; None waits for ever.

        Returns:
            The fetched tensors, in the order of `fetches`.

        Raises:
            StatusError: With the code and message of the op or check that failed.
        """
        inputs = (Output * len(feeds))(*map(self._output, feeds))
        values = (ctypes.c_void_p * len(feeds))(*(tensor.pointer for tensor in feeds.values()))
        outputs = (Output * len(fetches))(*map(self._output, fetches))
        results = (ctypes.c_void_p * len(fetches))()
        library().checked(
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
        library().checked("TF_CloseSession", self._session)
        library().checked("TF_DeleteSession", self._session)
        library().TF_DeleteGraph(self._graph)

    def _output(self, tensor_name: str) -> Output:
        known = self._outputs.get(tensor_name)
        if known is None:
            known = self._outputs[tensor_name] = self._find_output(tensor_name)
        return known

    def _find_output(self, tensor_name: str) -> Output:
        operation_name, _, index = tensor_name.rpartition(":")
        operation = library().TF_GraphOperationByName(self._graph, operation_name.encode())
        if operation is None or int(index) >= library().TF_OperationNumOutputs(operation):
            raise invalid_argument(
                f"Tensor {tensor_name}, specified in either feed_devices or fetch_devices was not "
                "found in the Graph"
            )
        return Output(operation, int(index))


def _load(path: Path, graph: int) -> tuple[int, Any]:
    """Returns the session and the MetaGraphDef of the SavedModel at `path`."""
    calls = library()
    options, serialized = calls.TF_NewSessionOptions(), calls.TF_NewBuffer()
    try:
        session = calls.checked(
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
