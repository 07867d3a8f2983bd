"""Answers inference requests: finds the model, bounds the request, runs the method asked for.

Both interfaces, gRPC and REST, call this; neither knows how a model is run.
"""

from typing import Any

from serving.server.manager import ServableManager
from serving.server.model_spec import requested_model
from serving.server.predict import predict
from serving.server.request_limits import DEFAULT_MAX_TENSOR_BYTES, check_tensor_bytes


class Inference:
    """Inference on the models of a manager.

    Every method takes a request and the seconds that its client's deadline leaves, None for no
    deadline; returns the response; and raises StatusError with TensorFlow Serving's code and words.
    """

    def __init__(
        self, manager: ServableManager, *, max_tensor_bytes: int = DEFAULT_MAX_TENSOR_BYTES
    ) -> None:
        self._manager = manager
        self._max_tensor_bytes = max_tensor_bytes

    def predict(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a PredictRequest."""
        with requested_model(self._manager, request) as (model, version):
            check_tensor_bytes(request.inputs.values(), self._max_tensor_bytes)
            return predict(model, version, request, timeout_seconds)
