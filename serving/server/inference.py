"""Answers inference requests: finds the model, bounds the request, runs the method asked for.

Both interfaces, gRPC and REST, call this; neither knows how a model is run.
"""

from contextlib import AbstractContextManager
from typing import Any

from serving.protos import classification_pb2, model_pb2, regression_pb2
from serving.server.manager import ServableManager
from serving.server.metrics import Metrics
from serving.server.model_spec import answered_spec, requested_model, specified_model
from serving.server.multi_inference import CLASSIFY, REGRESS, infer_one, multi_infer
from serving.server.predict import predict
from serving.server.request_limits import DEFAULT_MAX_TENSOR_BYTES, check_tensor_bytes


class Inference:
    """Inference on the models of a manager.

    Every method takes a request and the seconds that its client's deadline leaves, None for no
    deadline; returns the response; and raises StatusError with TensorFlow Serving's code and words.
    """

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
        """Answers a PredictRequest."""
        with (
            self._observed(request.model_spec, "Predict"),
            requested_model(self._manager, request) as (model, version),
        ):
            check_tensor_bytes(request.inputs.values(), self._max_tensor_bytes)
            return predict(model, version, request, timeout_seconds)

    def classify(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a ClassificationRequest."""
        with (
            self._observed(request.model_spec, "Classify"),
            requested_model(self._manager, request) as (model, version),
        ):
            limit = self._max_tensor_bytes
            result = infer_one(model, CLASSIFY, request, timeout_seconds, limit)
            spec = answered_spec(request.model_spec, version)
            return classification_pb2.ClassificationResponse(model_spec=spec, result=result)

    def regress(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a RegressionRequest."""
        with (
            self._observed(request.model_spec, "Regress"),
            requested_model(self._manager, request) as (model, version),
        ):
            limit = self._max_tensor_bytes
            result = infer_one(model, REGRESS, request, timeout_seconds, limit)
            spec = answered_spec(request.model_spec, version)
            return regression_pb2.RegressionResponse(model_spec=spec, result=result)

    def multi_inference(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a MultiInferenceRequest, by the model of its first task."""
        spec = request.tasks[0].model_spec if request.tasks else model_pb2.ModelSpec()
        with (
            self._observed(spec, "MultiInference"),
            specified_model(self._manager, spec) as (model, version),
        ):
            return multi_infer(model, version, request, timeout_seconds, self._max_tensor_bytes)

    def _observed(self, spec: Any, api: str) -> AbstractContextManager[None]:
        return self._metrics.observed(spec.name, api, self._entrypoint)
