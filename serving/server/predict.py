"""Predict: the checks, their order and their words are TensorFlow Serving's.

servables/tensorflow/predict_util.cc, and cc/saved_model/util.cc of TensorFlow. Both interfaces,
gRPC and REST, call `Inference`. All failures are StatusErrors.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import grpc

from serving.contract import SERVING_DEFAULT
from serving.protos import model_pb2, predict_pb2, types_pb2
from serving.server.metrics import Metrics
from serving.server.model_information import requested_model
from serving.server.models.manager import ServableManager
from serving.server.runtime.saved_model import STRING_BYTES, CTensor, SavedModel
from serving.server.status import StatusError, failed_precondition, invalid_argument
from serving.tensors import encode_typed, numpy_dtype


@dataclass(frozen=True, kw_only=True)
class Inference:
    """Finds the model of a request, bounds the request, runs it and counts it."""

    manager: ServableManager
    metrics: Metrics
    max_tensor_bytes: int

    def predict(self, request: Any, timeout_seconds: float | None, *, entrypoint: str) -> Any:
        """Answers a PredictRequest of an interface, `GRPC` or `REST`; None is no deadline."""
        with (
            self.metrics.observed(request.model_spec.name, entrypoint),
            requested_model(self.manager, request) as (model, version),
        ):
            self._check_size(request)
            return predict(model, version, request, timeout_seconds)

    def _check_size(self, request: Any) -> None:
        """Refuses a request that is small on the wire and huge in memory.

        A TensorProto may declare a shape and leave out values: TensorFlow fills them in, so that a
        request of thirty bytes can ask for every byte of the machine. TensorFlow Serving has no
        such bound; the flag is our own.
        """
        needed = sum(map(unpacked_bytes, request.inputs.values()))
        if needed > self.max_tensor_bytes:
            raise StatusError(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"The tensors of this request take {needed} bytes once unpacked; expected at most "
                f"{self.max_tensor_bytes}. Send fewer rows, or raise the server's "
                "--max_request_tensor_bytes.",
            )


def predict(model: SavedModel, version: int, request: Any, timeout_seconds: float | None) -> Any:
    """Answers a PredictRequest by one loaded model; outputs are in typed fields.

    A StatusError is FAILED_PRECONDITION for an unknown signature, INVALID_ARGUMENT for inputs or an
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


def unpacked_bytes(proto: Any) -> int:
    """The memory that a TensorProto takes once unpacked, at least.

    Dimensions of zero count as one: a batch of a billion empty rows holds no element, but a model
    computes an answer for each. A string that stands for missing ones counts each time. Shapes that
    TensorFlow refuses anyway count as nothing.
    """
    sizes = [dimension.size for dimension in proto.tensor_shape.dim]
    if proto.tensor_shape.unknown_rank or any(size < 0 for size in sizes):
        return 0
    elements: int = math.prod(max(1, size) for size in sizes)
    if proto.dtype == types_pb2.DT_STRING:
        lengths = [len(string) for string in proto.string_val]
        repeated = lengths[-1] * max(0, elements - len(lengths)) if lengths else 0
        return elements * STRING_BYTES + sum(lengths) + repeated
    try:
        return elements * int(numpy_dtype(proto.dtype).itemsize)
    except ValueError:
        return elements  # quantised and other types without a match in NumPy
