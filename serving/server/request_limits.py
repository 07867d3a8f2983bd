"""Refuses requests that are small on the wire and huge in memory, before TensorFlow unpacks them.

A TensorProto may declare a shape and leave out values: TensorFlow fills them in, so that a request
of thirty bytes can ask for every byte of the machine. TensorFlow Serving has no such bound; the
flag is our own.
"""

import math
from collections.abc import Iterable
from typing import Any, Final

import grpc

from serving.protos import types_pb2
from serving.server.status import StatusError
from serving.tensors import numpy_dtype

_STRING_BYTES: Final = 24  # sizeof(TF_TString); longer strings have their bytes elsewhere


def check_tensor_bytes(tensors: Iterable[Any], limit: int) -> None:
    """Refuses TensorProtos that would take more memory than the limit once unpacked.

    Raises:
        StatusError: RESOURCE_EXHAUSTED, naming the limit's flag.
    """
    needed = sum(map(unpacked_bytes, tensors))
    if needed > limit:
        raise StatusError(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            f"The tensors of this request take {needed} bytes once unpacked; expected at most "
            f"{limit}. Send fewer rows, or raise the server's --max_request_tensor_bytes.",
        )


def unpacked_bytes(proto: Any) -> int:
    """The memory that a TensorProto takes once unpacked, at least.

    Dimensions of zero count as one: a batch of a billion empty rows holds no element, but a model
    computes an answer for each. A string that stands for missing ones counts each time. Shapes that
    TensorFlow refuses anyway count as nothing.
    """
    sizes = [dimension.size for dimension in proto.tensor_shape.dim]
    if proto.tensor_shape.unknown_rank or any(size < 0 for size in sizes):
        return 0
    elements: int = math.prod(max(1, size) for size in sizes)
    if proto.dtype == types_pb2.DT_STRING:
        lengths = [len(string) for string in proto.string_val]
        repeated = lengths[-1] * max(0, elements - len(lengths)) if lengths else 0
        return elements * _STRING_BYTES + sum(lengths) + repeated
    try:
        return elements * int(numpy_dtype(proto.dtype).itemsize)
    except ValueError:
        return elements  # quantised and other types without a match in NumPy
