"""Answers inference requests: finds the model, bounds the request, runs the method asked for.

Both interfaces, gRPC and REST, call this; neither knows how a model is run.
"""

from typing import Any

from serving.protos import classification_pb2, model_pb2, regression_pb2
from serving.server.manager import ServableManager
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
        self, manager: ServableManager, *, max_tensor_bytes: int = DEFAULT_MAX_TENSOR_BYTES
    ) -> None:
        self._manager = manager
        self._max_tensor_bytes = max_tensor_bytes

    def predict(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a PredictRequest."""
        with requested_model(self._manager, request) as (model, version):
            check_tensor_bytes(request.inputs.values(), self._max_tensor_bytes)
            return predict(model, version, request, timeout_seconds)

    def classify(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a ClassificationRequest."""
        with requested_model(self._manager, request) as (model, version):
            limit = self._max_tensor_bytes
            result = infer_one(model, CLASSIFY, request, timeout_seconds, limit)
            spec = answered_spec(request.model_spec, version)
            return classification_pb2.ClassificationResponse(model_spec=spec, result=result)

    def regress(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a RegressionRequest."""
        with requested_model(self._manager, request) as (model, version):
            limit = self._max_tensor_bytes
            result = infer_one(model, REGRESS, request, timeout_seconds, limit)
            spec = answered_spec(request.model_spec, version)
            return regression_pb2.RegressionResponse(model_spec=spec, result=result)

    def multi_inference(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a MultiInferenceRequest, by the model of its first task."""
        spec = request.tasks[0].model_spec if request.tasks else model_pb2.ModelSpec()
        with specified_model(self._manager, spec) as (model, version):
            return multi_infer(model, version, request, timeout_seconds, self._max_tensor_bytes)
