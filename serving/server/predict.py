"""Predict: the checks, their order and their words are TensorFlow Serving's.

servables/tensorflow/predict_util.cc, and cc/saved_model/util.cc of TensorFlow. Both interfaces,
gRPC and REST, call `Inference`. All failures are StatusErrors.
"""

from collections.abc import Iterable
from typing import Any

from serving.contract import SERVING_DEFAULT
from serving.protos import model_pb2, predict_pb2
from serving.server.metrics import Metrics
from serving.server.model_spec import requested_model
from serving.server.models.manager import ServableManager
from serving.server.request_limits import check_tensor_bytes
from serving.server.runtime.saved_model import SavedModel
from serving.server.runtime.tensors import CTensor
from serving.server.status import StatusError, failed_precondition, invalid_argument
from serving.tensors import encode_typed


class Inference:
    """Finds the model of a request, bounds the request, runs it and counts it.

    The `entrypoint` is the interface that the requests come through, for the counts.
    """

    def __init__(
        self, manager: ServableManager, metrics: Metrics, *, max_tensor_bytes: int, entrypoint: str
    ) -> None:
        self._manager = manager
        self._metrics = metrics
        self._max_tensor_bytes = max_tensor_bytes
        self._entrypoint = entrypoint

    def predict(self, request: Any, timeout_seconds: float | None) -> Any:
        """Answers a PredictRequest within the time that the client's deadline leaves, if any."""
        name = request.model_spec.name
        with (
            self._metrics.observed(name, self._entrypoint),
            requested_model(self._manager, request) as (model, version),
        ):
            check_tensor_bytes(request.inputs.values(), self._max_tensor_bytes)
            return predict(model, version, request, timeout_seconds)


def predict(model: SavedModel, version: int, request: Any, timeout_seconds: float | None) -> Any:
    """Answers a PredictRequest by one loaded model; outputs are in typed fields.

    Raises:
        StatusError: FAILED_PRECONDITION for an unknown signature, INVALID_ARGUMENT for inputs or an
            output filter that do not fit it, DEADLINE_EXCEEDED, or the error of an op.
    """
    signature_name = request.model_spec.signature_name or SERVING_DEFAULT
    signature = model.signatures.get(signature_name)
    if signature is None:
        raise failed_precondition(f'Serving signature key "{signature_name}" not found.')
    _check_input_count(signature, request)
    feeds = _feeds(signature, request)
    outputs = _fetches(signature, request)
    arrays = model.run(feeds, list(outputs.values()), timeout_seconds)
    typed = {alias: encode_typed(array) for alias, array in zip(outputs, arrays, strict=True)}
    spec = model_pb2.ModelSpec(name=request.model_spec.name, signature_name=signature_name)
    spec.version.value = version
    return predict_pb2.PredictResponse(model_spec=spec, outputs=typed)


def _check_input_count(signature: Any, request: Any) -> None:
    sent, expected = set(request.inputs), set(signature.inputs)
    if len(sent) == len(expected):
        return
    raise invalid_argument(
        f"input size does not match signature: {len(sent)}!={len(expected)} "
        f"len({{{_joined(sent)}}}) != len({{{_joined(expected)}}}). "
        f"Sent extra: {{{_joined(sent - expected)}}}. "
        f"Missing but required: {{{_joined(expected - sent)}}}."
    )


def _feeds(signature: Any, request: Any) -> dict[str, CTensor]:
    """The tensor for each graph tensor name. Default values of a signature are not supported."""
    feeds = {}
    for alias, info in sorted(signature.inputs.items()):
        if alias not in request.inputs:
            raise invalid_argument(
                f"Signature input alias: {alias}(feed name: {info.name}) not found in request and "
                "no default value provided. Inputs expected to be in the request "
                f"{{{_joined(signature.inputs)}}}, or default input alias set: "
            )
        try:
            feeds[info.name] = CTensor.from_proto(request.inputs[alias])
        except StatusError as error:
            raise invalid_argument(f"tensor parsing error: {alias}") from error
    return feeds


def _fetches(signature: Any, request: Any) -> dict[str, str]:
    """The graph tensor name for each output alias wanted: those of the filter, or all."""
    fetches: dict[str, str] = {}
    for alias in request.output_filter:
        if alias not in signature.outputs:
            raise invalid_argument(
                f"output tensor alias not found in signature: {alias} Outputs expected to be in "
                f"the set {{{_joined(signature.outputs)}}}."
            )
        if alias in fetches:
            raise invalid_argument(f"duplicate output tensor alias: {alias}")
        fetches[alias] = signature.outputs[alias].name
    return fetches or {alias: info.name for alias, info in signature.outputs.items()}


def _joined(names: Iterable[str]) -> str:
    return ",".join(sorted(names))
