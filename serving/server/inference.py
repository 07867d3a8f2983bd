"""Answers Predict: finds the model, bounds the request, runs it and counts it.

Both interfaces, gRPC and REST, call this; neither knows how a model is run.
"""

from functools import partial
from typing import Any

from serving.server.metrics import Metrics
from serving.server.model_spec import requested_model
from serving.server.models.manager import ServableManager
from serving.server.predict import predict
from serving.server.request_limits import DEFAULT_MAX_TENSOR_BYTES, check_tensor_bytes


class Inference:
    """Inference on the models of a manager."""

    def __init__(
        self,
        manager: ServableManager,
        *,
        max_tensor_bytes: int = DEFAULT_MAX_TENSOR_BYTES,
        metrics: Metrics | None = None,
        entrypoint: str = "GRPC",
    ) -> None:
        """Prepares to answer.

        Args:
            manager: what serves the models.
            max_tensor_bytes: memory that the tensors of one request may take.
            metrics: where requests are counted.
            entrypoint: the interface that the requests come through, for the counts.
        """
        self._manager = manager
        self._max_tensor_bytes = max_tensor_bytes
        self._metrics = metrics or Metrics()
        self._entrypoint = entrypoint

    def predict(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a PredictRequest.

        Args:
            request: The PredictRequest.
            timeout_seconds: What the client's deadline leaves; None for no deadline.

        Raises:
            StatusError: With TensorFlow Serving's code and message.
        """
        name = request.model_spec.name
        with (
            self._metrics.observed(name, self._entrypoint),
            requested_model(self._manager, request) as (model, version),
        ):
            check_tensor_bytes(request.inputs.values(), self._max_tensor_bytes)
            return predict(
                model, version, request, timeout_seconds, partial(self._metrics.ran, name)
            )
