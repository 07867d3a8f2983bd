"""Classify: labels and scores for examples (servables/tensorflow/classifier.cc)."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from serving.protos import classification_pb2
from serving.server.examples import shape_text
from serving.server.status import invalid_argument
from serving.tensors import Array, type_name

METHOD_NAME: Final = "tensorflow/serving/classify"
_INPUTS: Final = "inputs"
_CLASSES: Final = "classes"
_SCORES: Final = "scores"


def classification_tensors(signature: Any) -> tuple[str, list[str]]:
    """The names of the input tensor and the output tensors of a classification.

    Raises:
        StatusError: INVALID_ARGUMENT where the signature cannot classify.
    """
    if len(signature.inputs) != 1:
        raise invalid_argument("Expected one input Tensor.")
    if len(signature.outputs) not in (1, 2):
        raise invalid_argument(
            f"Expected one or two output Tensors, found {len(signature.outputs)}"
        )
    if _INPUTS not in signature.inputs:
        raise invalid_argument(f"No classification inputs found in SignatureDef: {signature}")
    outputs = [signature.outputs[n].name for n in (_CLASSES, _SCORES) if n in signature.outputs]
    if not outputs:
        raise invalid_argument(
            "Expected classification signature outputs to contain at least one of "
            f'"{_CLASSES}" or "{_SCORES}". Signature was: {signature}'
        )
    return signature.inputs[_INPUTS].name, outputs


def classification_result(signature: Any, values: Mapping[str, Array], examples: int) -> Any:
    """The ClassificationResult of a signature's outputs.

    Args:
        signature: a signature that can classify.
        values: the value of each output tensor, by its name.
        examples: how many examples were asked about.

    Raises:
        StatusError: INVALID_ARGUMENT where an output has not the type or shape of one.
    """
    classes = _output(signature, values, _CLASSES, np.dtype(object), examples)
    scores = _output(signature, values, _SCORES, np.dtype(np.float32), examples)
    if classes is not None and scores is not None and classes.shape[1] != scores.shape[1]:
        raise invalid_argument(
            "Tensors class and score should match in dim_size(1). Got "
            f"{classes.shape[1]} vs. {scores.shape[1]}"
        )
    shape = classes.shape if classes is not None else scores.shape if scores is not None else (0, 0)
    labels = [[b""] * shape[1]] * shape[0] if classes is None else classes.tolist()
    numbers = [[0.0] * shape[1]] * shape[0] if scores is None else scores.tolist()
    result = classification_pb2.ClassificationResult()
    for row_labels, row_scores in zip(labels, numbers, strict=True):
        classified = result.classifications.add()
        for label, score in zip(row_labels, row_scores, strict=True):
            # Labels are text to protobuf and bytes to TensorFlow.
            classified.classes.add(label=label.decode("utf-8", "replace"), score=score)
    return result


def _output(
    signature: Any, values: Mapping[str, Array], name: str, dtype: "np.dtype[Any]", examples: int
) -> Array | None:
    if name not in signature.outputs:
        return None
    array = values[signature.outputs[name].name]
    if array.ndim != 2:
        raise invalid_argument(
            f"Expected Tensor shape: [batch_size num_classes] but got {shape_text(array)}"
        )
    if array.dtype != dtype:
        raise invalid_argument(
            f"Expected {name} Tensor of {type_name(dtype)}. Got: {type_name(array.dtype)}"
        )
    if len(array) != examples:
        raise invalid_argument(
            f"Expected {name} output batch size of {examples}. Got: {len(array)}"
        )
    return array
