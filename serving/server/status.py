"""Errors of the server as TensorFlow Serving reports them: a code and a message."""

from functools import partial
from typing import Final

import grpc

_MAX_MESSAGE_BYTES: Final = 1024  # model_servers/grpc_status_util.cc
_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


class StatusError(Exception):
    """A failed request or load, with a gRPC status code. TensorFlow's codes have equal numbers."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def grpc_message(self) -> str:
        """The message, cut after 1024 bytes as TensorFlow Serving does for gRPC."""
        encoded = self.message.encode()
        if len(encoded) <= _MAX_MESSAGE_BYTES:
            return self.message
        return encoded[:_MAX_MESSAGE_BYTES].decode("utf-8", "ignore") + "...TRUNCATED"


def status_code(number: int) -> grpc.StatusCode:
    """The gRPC code of a TensorFlow code."""
    return _CODES.get(number, grpc.StatusCode.UNKNOWN)


def as_status(error: Exception) -> StatusError:
    """The error itself if it is a StatusError, or else one with the code UNKNOWN, caused by it."""
    if isinstance(error, StatusError):
        return error
    unknown = StatusError(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")
    unknown.__cause__ = error
    return unknown


invalid_argument = partial(StatusError, grpc.StatusCode.INVALID_ARGUMENT)
not_found = partial(StatusError, grpc.StatusCode.NOT_FOUND)
failed_precondition = partial(StatusError, grpc.StatusCode.FAILED_PRECONDITION)
unimplemented = partial(StatusError, grpc.StatusCode.UNIMPLEMENTED)
