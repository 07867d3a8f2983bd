"""Requests whose bytes are no message.

gRPC's Python library refuses them itself, and keeps some 15 kB of each for ever. Parsed inside the
method, they are refused with the same code and words, and leave nothing behind.
"""

from collections.abc import Callable
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError

_REFUSAL: Final = "Exception deserializing request!"  # grpc/_server.py


class RefuseMalformedRequests(grpc.ServerInterceptor):
    """Parses the requests of unary methods, in the place of the library."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Any],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Returns the method's handler, with the parsing moved into it."""
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        parse, respond = handler.request_deserializer, handler.unary_unary

        def answer(content: bytes, context: grpc.ServicerContext) -> Any:
            try:
                request = parse(content)
            except DecodeError:
                context.abort(grpc.StatusCode.INTERNAL, _REFUSAL)
            return respond(request, context)

        return grpc.unary_unary_rpc_method_handler(
            answer, response_serializer=handler.response_serializer
        )
