"""Answers inference requests: finds the model, bounds the request, runs the method asked for.

Both interfaces, gRPC and REST, call this; neither knows how a model is run.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from serving.protos import classification_pb2, model_pb2, regression_pb2
from serving.server.manager import ServableManager
from serving.server.metrics import Metrics
from serving.server.model_spec import answered_spec, requested_model, specified_model
from serving.server.multi_inference import CLASSIFY, REGRESS, Method, infer_one, multi_infer
from serving.server.predict import predict
from serving.server.request_limits import DEFAULT_MAX_TENSOR_BYTES, check_tensor_bytes
from serving.server.request_log import RequestLog
from serving.server.saved_model import SavedModel
from serving.server.timed_model import TimedModel


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
        request_log: RequestLog | None = None,
        entrypoint: str = "GRPC",
    ) -> None:
        """Prepares to answer.

        Args:
            manager: what serves the models.
            max_tensor_bytes: memory that the tensors of one request may take.
            metrics: where requests are counted.
            request_log: where those that are answered are logged.
            entrypoint: the interface that the requests come through, for the counts.
        """
        self._manager = manager
        self._max_tensor_bytes = max_tensor_bytes
        self._metrics = metrics or Metrics()
        self._request_log = request_log or RequestLog()
        self._entrypoint = entrypoint

    def predict(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a PredictRequest."""
        asked = requested_model(self._manager, request)
        with self._observed("Predict", request.model_spec, asked) as (model, version):
            check_tensor_bytes(request.inputs.values(), self._max_tensor_bytes)
            response = predict(model, version, request, timeout_seconds)
        self._request_log.log("predict_log", request.model_spec, version, request, response)
        return response

    def classify(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a ClassificationRequest."""
        answer = partial(self._infer_one, "Classify", CLASSIFY, "classify_log")
        return answer(classification_pb2.ClassificationResponse, request, timeout_seconds)

    def regress(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a RegressionRequest."""
        answer = partial(self._infer_one, "Regress", REGRESS, "regress_log")
        return answer(regression_pb2.RegressionResponse, request, timeout_seconds)

    def multi_inference(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a MultiInferenceRequest, by the model of its first task."""
        spec = request.tasks[0].model_spec if request.tasks else model_pb2.ModelSpec()
        asked = specified_model(self._manager, spec)
        with self._observed("MultiInference", spec, asked) as (model, version):
            response = multi_infer(model, version, request, timeout_seconds, self._max_tensor_bytes)
        self._request_log.log("multi_inference_log", spec, version, request, response)
        return response

    def _infer_one(
        self,
        api: str,
        method: Method,
        log: str,
        response_type: Callable[..., Any],
        request: Any,
        timeout_seconds: float | None,
    ) -> Any:
        asked = requested_model(self._manager, request)
        with self._observed(api, request.model_spec, asked) as (model, version):
            result = infer_one(model, method, request, timeout_seconds, self._max_tensor_bytes)
        spec = answered_spec(request.model_spec, version)
        response = response_type(model_spec=spec, result=result)
        self._request_log.log(log, request.model_spec, version, request, response)
        return response

    @contextmanager
    def _observed(
        self, api: str, spec: Any, asked: AbstractContextManager[tuple[SavedModel, int]]
    ) -> Iterator[tuple[SavedModel, int]]:
        """Lends a model to the request that asks for it; counts and times request and run."""
        with self._metrics.observed(spec.name, api, self._entrypoint), asked as (model, version):
            yield TimedModel(model, partial(self._metrics.ran, spec.name, api)), version
