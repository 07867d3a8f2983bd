"""The candidate in this process, with whose answers those of the server are compared."""

from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from components.serving_validator.comparison import Outputs
from components.serving_validator.report import CandidateError, Finding
from components.serving_validator.requests import CanaryRequest
from serving.contract import EMBED, EMBEDDINGS, NEAREST, RECOMMEND, SIMILAR, K
from serving.tensors import decode

_ALL: Final = tf.int32.max  # the model clamps `k` to the size of the catalogue


class OfflineModel:
    """A SavedModel that TensorFlow's Python loads.

    Args:
        model: The folder that holds saved_model.pb.

    Raises:
        CandidateError: The model cannot be loaded.
    """

    def __init__(self, model: Path) -> None:
        try:
            self._loaded: Any = tf.saved_model.load(str(model))
        except (tf.errors.OpError, ValueError) as error:
            raise CandidateError(
                "the model", expected="a SavedModel that TensorFlow loads", received=error
            ) from error

    def answer(self, request: CanaryRequest) -> Outputs | Finding:
        """Returns the outputs by name, or why there are none."""
        try:
            return _arrays(self._loaded.signatures[request.signature](**_inputs(request)))
        except (tf.errors.OpError, ValueError) as error:
            return Finding(subject=request.name, expected="an answer offline", received=str(error))

    def ranking(self, request: CanaryRequest, answer: Outputs) -> Outputs | None:
        """Returns the whole list of which this model's answer to a request is the beginning.

        Returns:
            `movie_ids`, `scores` and `titles` [B, N]; None if the answer is no list, or if the
            model cannot make the whole list.
        """
        try:
            if request.signature in (RECOMMEND, SIMILAR):
                inputs = _inputs(request)
                inputs[K] = tf.fill(tf.shape(inputs[K]), _ALL)
                return _arrays(self._loaded.signatures[request.signature](**inputs))
            if request.signature == EMBED and hasattr(self._loaded, NEAREST):
                nearest = getattr(self._loaded, NEAREST)
                return _arrays(nearest(tf.constant(answer[EMBEDDINGS]), tf.constant(_ALL)))
        except (tf.errors.OpError, TypeError, ValueError):
            return None  # a model of another version, which takes no such `k` or embedding
        return None


def _inputs(request: CanaryRequest) -> dict[str, tf.Tensor]:
    return {name: tf.constant(decode(proto)) for name, proto in request.request.inputs.items()}


def _arrays(outputs: Any) -> Outputs:
    return {name: tensor.numpy() for name, tensor in outputs.items()}
