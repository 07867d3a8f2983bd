"""Refuses requests that are small on the wire and huge in memory, before TensorFlow unpacks them.

A TensorProto may declare a shape and leave out values: TensorFlow fills them in, so that a request
of thirty bytes can ask for every byte of the machine. TensorFlow Serving has no such bound; here it
is a flag of our own.
"""

import math
from collections.abc import Iterable
from typing import Any, Final

import grpc

from serving.protos import types_pb2
from serving.server.status import StatusError
from serving.tensors import numpy_dtype

DEFAULT_MAX_TENSOR_BYTES: Final = 256 * 2**20
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

    Dimensions of zero count as one: a batch of a thousand million empty rows holds no element, but
    a model computes an answer for each. A string that stands for the missing ones counts each time.
    Shapes that TensorFlow refuses anyway count as nothing.

    >>> from serving.protos import tensor_pb2
    >>> proto = tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT)
    >>> _ = [proto.tensor_shape.dim.add(size=size) for size in (1000, 0)]
    >>> unpacked_bytes(proto)
    4000
    """
    sizes = [dimension.size for dimension in proto.tensor_shape.dim]
    if proto.tensor_shape.unknown_rank or any(size < 0 for size in sizes):
        return 0
    elements: int = math.prod(max(1, size) for size in sizes)
    if proto.dtype != types_pb2.DT_STRING:
        return elements * _element_bytes(proto.dtype)
    lengths = [len(string) for string in proto.string_val]
    repeated = lengths[-1] * max(0, elements - len(lengths)) if lengths else 0
    return elements * _STRING_BYTES + sum(lengths) + repeated


def _element_bytes(number: int) -> int:
    try:
        return int(numpy_dtype(number).itemsize)
    except ValueError:
        return 1  # quantised and other types without a match in NumPy
