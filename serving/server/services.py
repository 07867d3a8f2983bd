"""The gRPC services of TensorFlow Serving.

Methods that only tensorflow/serving has are inherited, and answer UNIMPLEMENTED.
"""

from collections.abc import Callable
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError

from serving.protos import model_service_pb2_grpc, prediction_service_pb2_grpc
from serving.server.model_information import model_metadata, model_status
from serving.server.models.manager import ServableManager
from serving.server.predict import Inference
from serving.server.status import StatusError

_NO_DEADLINE_SECONDS: Final = 365 * 24 * 3600.0
_MALFORMED: Final = "Exception deserializing request!"  # grpc/_server.py


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """`tensorflow.serving.PredictionService`."""

    def __init__(self, manager: ServableManager, inference: Inference) -> None:
        self._manager = manager
        self._inference = inference

    def Predict(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Runs a signature on the request's tensors."""
        return _answer(context, lambda: self._inference.predict(request, _timeout_seconds(context)))

    def GetModelMetadata(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Returns a model's signatures."""
        return _answer(context, lambda: model_metadata(self._manager, request))


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """`tensorflow.serving.ModelService`."""

    def __init__(self, manager: ServableManager) -> None:
        self._manager = manager

    def GetModelStatus(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Returns the state of a model's versions."""
        return _answer(context, lambda: model_status(self._manager, request))


class RefuseMalformedRequests(grpc.ServerInterceptor):
    """Parses the requests of unary methods inside the method.

    gRPC's library would refuse bytes that are no message, and keep some 15 kB of each for ever.
    This refuses them with the same code and words, and keeps nothing.
    """

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
                context.abort(grpc.StatusCode.INTERNAL, _MALFORMED)
            return respond(request, context)

        return grpc.unary_unary_rpc_method_handler(
            answer, response_serializer=handler.response_serializer
        )


def _timeout_seconds(context: grpc.ServicerContext) -> float | None:
    """What the client's deadline leaves; None without one, for which gRPC returns centuries."""
    remaining = context.time_remaining()
    return remaining if remaining is not None and remaining < _NO_DEADLINE_SECONDS else None


def _answer(context: grpc.ServicerContext, respond: Callable[[], Any]) -> Any:
    """Responds, or ends the call with the code and message of a StatusError."""
    try:
        return respond()
    except StatusError as error:
        context.abort(error.code, error.grpc_message)
