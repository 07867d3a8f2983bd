"""The gRPC services of TensorFlow Serving over a ServableManager.

Methods that only tensorflow/serving has are inherited, and answer UNIMPLEMENTED.
"""

from collections.abc import Callable
from typing import Any, Final

import grpc

from serving.protos import model_service_pb2_grpc, prediction_service_pb2_grpc
from serving.server.inference import Inference
from serving.server.model_information import model_metadata, model_status
from serving.server.models.manager import ServableManager
from serving.server.status import StatusError

_NO_DEADLINE_SECONDS: Final = 365 * 24 * 3600.0


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """`tensorflow.serving.PredictionService`."""

    def __init__(self, manager: ServableManager, inference: Inference) -> None:
        self._manager = manager
        self._inference = inference

    def Predict(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Runs a signature on the request's tensors."""
        return _answer(context, lambda: self._inference.predict(request, _timeout_seconds(context)))

    def GetModelMetadata(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Tells a model's signatures."""
        return _answer(context, lambda: model_metadata(self._manager, request))


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """`tensorflow.serving.ModelService`."""

    def __init__(self, manager: ServableManager) -> None:
        self._manager = manager

    def GetModelStatus(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Tells the state of a model's versions."""
        return _answer(context, lambda: model_status(self._manager, request))


def _timeout_seconds(context: grpc.ServicerContext) -> float | None:
    """What the client's deadline leaves; None where it set none, which gRPC tells as centuries."""
    remaining = context.time_remaining()
    return remaining if remaining is not None and remaining < _NO_DEADLINE_SECONDS else None


def _answer(context: grpc.ServicerContext, respond: Callable[[], Any]) -> Any:
    """Responds, or ends the call with the code and message of a StatusError."""
    try:
        return respond()
    except StatusError as error:
        context.abort(error.code, error.grpc_message)
