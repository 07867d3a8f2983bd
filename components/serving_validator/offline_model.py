"""The candidate in this process: what served answers are compared with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from components.serving_validator.comparison import Outputs
from components.serving_validator.report import CandidateError, Finding
from components.serving_validator.requests import CanaryRequest
from serving.tensors import decode


def offline_answers(model: Path, requests: Sequence[CanaryRequest]) -> list[Outputs | Finding]:
    """Asks a SavedModel that TensorFlow's Python loads.

    Args:
        model: the folder that holds saved_model.pb.
        requests: what to ask.

    Returns:
        For each request the outputs by name, or why there are none.

    Raises:
        CandidateError: the model cannot be loaded.
    """
    try:
        loaded = tf.saved_model.load(str(model))
    except (tf.errors.OpError, ValueError) as error:
        raise CandidateError(
            "the model", expected="a SavedModel that TensorFlow loads", received=error
        ) from error
    return [_answer(loaded, request) for request in requests]


def _answer(loaded: Any, request: CanaryRequest) -> Outputs | Finding:
    inputs = {name: tf.constant(decode(proto)) for name, proto in request.request.inputs.items()}
    try:
        outputs = loaded.signatures[request.signature](**inputs)
    except (tf.errors.OpError, ValueError) as error:
        return Finding(subject=request.name, expected="an answer offline", received=str(error))
    return {name: tensor.numpy() for name, tensor in outputs.items()}
