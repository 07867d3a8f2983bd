"""Asks the server and the same model in this process, and compares their answers."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import grpc
import tensorflow as tf

from components.serving_validator.comparison import Outputs, differences
from components.serving_validator.report import CandidateError, Finding
from components.serving_validator.requests import CanaryRequest
from serving.contract import EMBED, EMBEDDINGS, NEAREST, RECOMMEND, SIMILAR, K
from serving.protos import prediction_service_pb2_grpc
from serving.tensors import decode

_DEADLINE_SECONDS: Final = 30.0  # a model that hangs must not hang the pipeline
_ALL: Final = tf.int32.max  # the model clamps `k` to the size of the catalogue

Ranking = Callable[[CanaryRequest, Outputs], Outputs | None]


class OfflineModel:
    """A SavedModel in this process."""

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

        Its outputs are `movie_ids`, `scores` and `titles` [B, N]. None if the answer is no list, or
        if the model cannot make the whole list.
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


class Trial:
    """Asks the server, and notes how its answers differ from the offline model's.

    A signature that has failed once is asked no more: its other requests would say the same.
    """

    def __init__(self, channel: grpc.Channel, tolerance: float, ranking: Ranking) -> None:
        self.asked = 0  # how many requests the server was sent
        self._predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
        self._tolerance = tolerance
        self._ranking = ranking
        self._findings: dict[str, Finding] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The first fault of each signature."""
        return tuple(self._findings.values())

    def ask(self, request: CanaryRequest, offline: Outputs | Finding) -> float | None:
        """Sends a request and compares the answer with the offline model's.

        Returns the milliseconds until the answer came; None if it was wrong or did not come.
        """
        if request.signature in self._findings:
            return None
        self.asked += 1
        started = time.perf_counter()
        try:
            response = self._predict(request.request, timeout=_DEADLINE_SECONDS)
            served = {name: decode(proto) for name, proto in response.outputs.items()}
        except grpc.RpcError as error:
            failure = CandidateError(
                request.name,
                expected="an answer",
                received=f"{error.code().name}: {error.details()}",
            )
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise failure from error
            self._findings[request.signature] = failure.finding
            return None
        milliseconds = 1000 * (time.perf_counter() - started)
        if isinstance(offline, Finding):
            found: Finding | None = offline
        else:
            ranking = partial(self._ranking, request, offline)
            compared = differences(
                request.name,
                served=served,
                offline=offline,
                tolerance=self._tolerance,
                ranking=ranking,
            )
            found = next(compared, None)
        if found is None:
            return milliseconds
        self._findings[request.signature] = found
        return None


def _inputs(request: CanaryRequest) -> dict[str, tf.Tensor]:
    return {name: tf.constant(decode(proto)) for name, proto in request.request.inputs.items()}


def _arrays(outputs: Any) -> Outputs:
    return {name: tensor.numpy() for name, tensor in outputs.items()}
