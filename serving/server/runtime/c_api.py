"""TensorFlow's C API through ctypes: the C++ loader and session that tensorflow_model_server runs.

The wheel ships the C API (`tensorflow/c/c_api.h`) in `libtensorflow_cc`. So the server starts
without `import tensorflow`, in a second, and its errors read as TensorFlow Serving's, because the
same C++ produces them. Calls that may take long release the interpreter lock. Accessors keep it,
which is cheaper than handing it over for a microsecond.
"""

import ctypes
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from serving.errors import MissingDependencyError
from serving.protos import types_pb2
from serving.server.status import StatusError, status_code


class Output(ctypes.Structure):
    """`TF_Output`: one output of one operation of a graph."""

    _fields_ = (("operation", ctypes.c_void_p), ("index", ctypes.c_int))


class Buffer(ctypes.Structure):
    """`TF_Buffer`: bytes with an optional deallocator."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("deallocator", ctypes.c_void_p),
    )

    @classmethod
    def viewing(cls, content: bytes) -> "Buffer":
        """A buffer over `content`, which lives as long as the buffer."""
        buffer = cls(ctypes.cast(ctypes.c_char_p(content), ctypes.c_void_p), len(content), None)
        buffer.content = content  # C sees an address only: the bytes must not be collected
        return buffer


_INT = ctypes.c_int
_SIZE = ctypes.c_size_t
_TEXT = ctypes.c_char_p
_POINTER = ctypes.c_void_p
_STATUS = ctypes.c_void_p
_BUFFER = ctypes.POINTER(Buffer)
_INT64S = ctypes.POINTER(ctypes.c_int64)
_OUTPUTS = ctypes.POINTER(Output)
_POINTERS = ctypes.POINTER(_POINTER)
_TEXTS = ctypes.POINTER(_TEXT)

# name: (result, arguments), as declared in tensorflow/c/c_api.h and tf_tensor.h.
_Declarations = Mapping[str, tuple[Any, tuple[Any, ...]]]
_LONG_CALLS: Final[_Declarations] = {
    "TF_LoadSessionFromSavedModel": (
        _POINTER,
        (_POINTER, _POINTER, _TEXT, _TEXTS, _INT, _POINTER, _BUFFER, _STATUS),
    ),
    "TF_SessionRun": (
        None,
        (
            *(_POINTER, _BUFFER),
            *(_OUTPUTS, _POINTERS, _INT),
            *(_OUTPUTS, _POINTERS, _INT),
            *(_POINTERS, _INT, _POINTER, _STATUS),
        ),
    ),
    "TF_CloseSession": (None, (_POINTER, _STATUS)),
    "TF_DeleteSession": (None, (_POINTER, _STATUS)),
    "TF_DeleteGraph": (None, (_POINTER,)),
}
_QUICK_CALLS: Final[_Declarations] = {
    "TF_AllocateTensor": (_POINTER, (_INT, _INT64S, _INT, _SIZE)),
    "TF_DeleteBuffer": (None, (_BUFFER,)),
    "TF_DeleteSessionOptions": (None, (_POINTER,)),
    "TF_DeleteStatus": (None, (_STATUS,)),
    "TF_DeleteTensor": (None, (_POINTER,)),
    "TF_Dim": (ctypes.c_int64, (_POINTER, _INT)),
    "TF_GetCode": (_INT, (_STATUS,)),
    "TF_GraphOperationByName": (_POINTER, (_POINTER, _TEXT)),
    "TF_Message": (_TEXT, (_STATUS,)),
    "TF_NewBuffer": (_BUFFER, ()),
    "TF_NewGraph": (_POINTER, ()),
    "TF_NewSessionOptions": (_POINTER, ()),
    "TF_NewStatus": (_STATUS, ()),
    "TF_NumDims": (_INT, (_POINTER,)),
    "TF_OperationNumOutputs": (_INT, (_POINTER,)),
    "TF_StringGetDataPointer": (_POINTER, (_POINTER,)),
    "TF_StringGetSize": (_SIZE, (_POINTER,)),
    "TF_TensorByteSize": (_SIZE, (_POINTER,)),
    "TF_TensorData": (_POINTER, (_POINTER,)),
    "TF_TensorFromProto": (None, (_BUFFER, _POINTER, _STATUS)),
    "TF_TensorType": (_INT, (_POINTER,)),
}


@cache
def library() -> SimpleNamespace:
    """Loads the C API, once a process: the functions that the server calls, by name.

    A MissingDependencyError if TensorFlow's wheel lacks the C++ library.
    """
    folder = Path(types_pb2.__file__).parents[2]  # of tensorflow/core/framework/types_pb2.py
    # The ops of libtensorflow_cc resolve their symbols in libtensorflow_framework.
    ctypes.CDLL(_shared_object(folder, "libtensorflow_framework"), mode=ctypes.RTLD_GLOBAL)
    path = _shared_object(folder, "libtensorflow_cc")
    functions = SimpleNamespace()
    for handle, declarations in (
        (ctypes.CDLL(path), _LONG_CALLS),
        (ctypes.PyDLL(path), _QUICK_CALLS),
    ):
        for name, (result, arguments) in declarations.items():
            function = getattr(handle, name)
            function.restype = result
            function.argtypes = arguments
            setattr(functions, name, function)
    # tensorflow_model_server compiles nothing with XLA unless told to. A model that needs it
    # must fail here too (tensorflow/compiler/jit/flags.h).
    disable_xla = getattr(ctypes.CDLL(path), "_ZN10tensorflow21DisableXlaCompilationEv", None)
    if disable_xla is not None:
        disable_xla()
    return functions


def checked(name: str, *arguments: Any) -> Any:
    """Calls a function whose last parameter is a `TF_Status*`; a bad status is a StatusError."""
    calls = library()
    status = calls.TF_NewStatus()
    try:
        result = getattr(calls, name)(*arguments, status)
        code = calls.TF_GetCode(status)
        if code != 0:
            message = calls.TF_Message(status).decode("utf-8", "replace")
            raise StatusError(status_code(code), message)
        return result
    finally:
        calls.TF_DeleteStatus(status)


def _shared_object(folder: Path, stem: str) -> str:
    for name in (f"{stem}.so.2", f"{stem}.2.dylib"):
        if (folder / name).is_file():
            return str(folder / name)
    raise MissingDependencyError(
        f"The installed tensorflow has no {stem}.so.2 in {folder}. The model server needs a wheel "
        "that ships the C++ library, as those for Linux and macOS do."
    )
