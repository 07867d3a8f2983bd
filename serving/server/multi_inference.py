"""MultiInference: several classifications and regressions of the same examples, in one run.

servables/tensorflow/multi_inference.cc.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import grpc

from serving.protos import inference_pb2
from serving.server import classification, regression
from serving.server.examples import run_on_examples, serialized_examples
from serving.server.model_spec import DEFAULT_SIGNATURE, answered_spec
from serving.server.saved_model import SavedModel
from serving.server.status import StatusError, invalid_argument
from serving.tensors import Array


class Method(NamedTuple):
    """What can be asked about examples.

    Attributes:
        tensors: gives the names of the input and output tensors of a signature.
        result: turns the outputs into the message of the answer.
        field: where the message goes in an InferenceResult.
    """

    tensors: Callable[[Any], tuple[str, list[str]]]
    result: Callable[[Any, Mapping[str, Array], int], Any]
    field: str


CLASSIFY: Final = Method(
    classification.classification_tensors,
    classification.classification_result,
    "classification_result",
)
REGRESS: Final = Method(
    regression.regression_tensors, regression.regression_result, "regression_result"
)
_METHODS: Final = {classification.METHOD_NAME: CLASSIFY, regression.METHOD_NAME: REGRESS}


def infer_one(
    model: SavedModel, method: Method, request: Any, timeout_seconds: float | None, max_bytes: int
) -> Any:
    """Answers a ClassificationRequest or RegressionRequest.

    Returns:
        The result, without a model_spec.

    Raises:
        StatusError: INVALID_ARGUMENT for a signature that does not fit, or no examples.
    """
    name = request.model_spec.signature_name or DEFAULT_SIGNATURE
    if name not in model.signatures:
        raise invalid_argument(f"No signature was found with the name: {name}")
    signature = model.signatures[name]
    input_name, output_names = method.tensors(signature)
    examples = serialized_examples(request.input, max_bytes)
    values = run_on_examples(model, examples, input_name, output_names, timeout_seconds)
    return method.result(signature, values, len(examples))


def multi_infer(
    model: SavedModel, version: int, request: Any, timeout_seconds: float | None, max_bytes: int
) -> Any:
    """Answers a MultiInferenceRequest; all its tasks ask the same model for the same examples.

    Raises:
        StatusError: INVALID_ARGUMENT for tasks that do not go together or signatures that do not
            fit; UNIMPLEMENTED for a method other than classify and regress.
    """
    asked = _methods(model, request.tasks)
    tensors = [method.tensors(model.signatures[name]) for name, method in asked.items()]
    input_name = tensors[0][0]
    if any(other != input_name for other, _ in tensors):
        raise invalid_argument("Input tensor must be the same for all Signatures.")
    output_names = [name for _, names in tensors for name in names]
    examples = serialized_examples(request.input, max_bytes)
    values = run_on_examples(model, examples, input_name, output_names, timeout_seconds)
    response = inference_pb2.MultiInferenceResponse()
    for task, (name, method) in zip(request.tasks, asked.items(), strict=True):
        result = response.results.add(model_spec=answered_spec(task.model_spec, version))
        message = method.result(model.signatures[name], values, len(examples))
        getattr(result, method.field).CopyFrom(message)
    return response


def _methods(model: SavedModel, tasks: Any) -> dict[str, Method]:
    """The method of each task by its signature, in the order of the tasks."""
    methods: dict[str, Method] = {}
    for task in tasks:
        if not task.model_spec.name:
            raise invalid_argument("Found ModelSpec with an empty model name.")
        if task.model_spec.name != tasks[0].model_spec.name:
            raise invalid_argument(
                "All ModelSpecs in a MultiInferenceRequest must access the same model name."
            )
        name = task.model_spec.signature_name or DEFAULT_SIGNATURE
        if name in methods:
            raise invalid_argument(f"Duplicate evaluation of signature: {name}")
        if name not in model.signatures:
            raise invalid_argument(f"Requested signature not found in model graph: {name}")
        if task.method_name not in _METHODS:
            raise StatusError(
                grpc.StatusCode.UNIMPLEMENTED,
                f"Unsupported signature method_name: {task.method_name}",
            )
        methods[name] = _METHODS[task.method_name]
        methods[name].tensors(model.signatures[name])
    return methods
