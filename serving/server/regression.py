"""Regress: one number for each example (servables/tensorflow/regressor.cc)."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from serving.protos import regression_pb2
from serving.server.examples import shape_text
from serving.server.status import invalid_argument
from serving.tensors import Array, type_name

METHOD_NAME: Final = "tensorflow/serving/regress"
_INPUTS: Final = "inputs"
_OUTPUTS: Final = "outputs"


def regression_tensors(signature: Any) -> tuple[str, list[str]]:
    """The names of the input tensor and the output tensor of a regression.

    Raises:
        StatusError: INVALID_ARGUMENT where the signature cannot regress.
    """
    if len(signature.inputs) != 1:
        raise invalid_argument("Expected one input Tensor.")
    if len(signature.outputs) != 1:
        raise invalid_argument("Expected one output Tensor.")
    if _INPUTS not in signature.inputs:
        raise invalid_argument(f"No regression inputs found in SignatureDef: {signature}")
    if _OUTPUTS not in signature.outputs:
        raise invalid_argument(f"No regression outputs found in SignatureDef: {signature}")
    return signature.inputs[_INPUTS].name, [signature.outputs[_OUTPUTS].name]


def regression_result(signature: Any, values: Mapping[str, Array], examples: int) -> Any:
    """The RegressionResult of a signature's output.

    Args:
        signature: a signature that can regress.
        values: the value of each output tensor, by its name.
        examples: how many examples were asked about.

    Raises:
        StatusError: INVALID_ARGUMENT where the output has not the type or shape of one.
    """
    array = values[signature.outputs[_OUTPUTS].name]
    if array.ndim != 1 and not (array.ndim == 2 and array.shape[1] == 1):
        raise invalid_argument(
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got "
            f"{shape_text(array)}"
        )
    if len(array) != examples:
        raise invalid_argument(
            f"Input batch size did not match output batch size: {examples} vs. {len(array)}"
        )
    if array.dtype != np.float32:
        raise invalid_argument(
            f"Expected output Tensor of DT_FLOAT.  Got: {type_name(array.dtype)}"
        )
    regressions = [regression_pb2.Regression(value=value) for value in array.ravel().tolist()]
    return regression_pb2.RegressionResult(regressions=regressions)
