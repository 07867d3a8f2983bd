"""Asks the server and the same model in this process, and compares their answers."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import grpc
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from components.serving_validator.report import CandidateError, Finding
from components.serving_validator.requests import CanaryRequest
from serving.contract import (
    EMBED,
    EMBEDDINGS,
    MOVIE_IDS,
    NEAREST,
    RECOMMEND,
    SCORES,
    SIMILAR,
    SIMILAR_MOVIE_IDS,
    TITLES,
    K,
)
from serving.protos import prediction_service_pb2_grpc
from serving.tensors import Array, decode

_DEADLINE_SECONDS: Final = 30.0  # a model that hangs must not hang the pipeline
_ALL: Final = tf.int32.max  # the model clamps `k` to the size of the catalogue

Outputs = Mapping[str, Array]
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
            compared = differences(
                request.name,
                served=served,
                offline=offline,
                tolerance=self._tolerance,
                ranking=lambda: self._ranking(request, offline),
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


def differences(
    subject: str,
    *,
    served: Outputs,
    offline: Outputs,
    tolerance: float,
    ranking: Callable[[], Outputs | None] = lambda: None,
) -> Iterator[Finding]:
    """Yields where a served answer is not a number, or differs from the offline one.

    Numbers may be `tolerance` apart. Ids and texts must be the same, but movies whose offline
    scores are no further apart may change places. `ranking` returns the whole offline list of which
    an answer is the beginning (see `OfflineModel.ranking`); it is called only if ids differ.
    """
    if served.keys() != offline.keys():
        expected, received = (", ".join(sorted(each)) for each in (offline, served))
        yield Finding(subject=subject, expected=expected, received=received)
        return
    offline = _with_ties_as_served(served, offline, tolerance, ranking)
    for name, array in sorted(offline.items()):
        yield from _differences(f"{subject}, output {name}", served[name], array, tolerance)


def _with_ties_as_served(
    served: Outputs, offline: Outputs, tolerance: float, ranking: Callable[[], Outputs | None]
) -> Outputs:
    """Returns the offline answer, with movies of equal scores in the places they are served in."""
    name = MOVIE_IDS if MOVIE_IDS in offline else SIMILAR_MOVIE_IDS
    if name not in offline or served[name].shape != offline[name].shape:
        return offline
    places = np.argwhere(served[name] != offline[name])
    whole = ranking() if len(places) else None
    if whole is None:
        return offline
    expected = {name: array.copy() for name, array in offline.items()}
    for row, column in places:
        movie = served[name][row, column]
        if movie < 0 or np.count_nonzero(served[name][row] == movie) > 1:
            continue  # padding, or a movie that is served twice
        scores = whole[SCORES][row]
        for found in np.flatnonzero(whole[MOVIE_IDS][row] == movie):
            if column < len(scores) and abs(scores[found] - scores[column]) <= tolerance:
                expected[name][row, column] = movie
                for output in expected.keys() & {SCORES, TITLES}:
                    expected[output][row, column] = whole[output][row, found]
    return expected


def _differences(
    subject: str, served: Array, offline: Array, tolerance: float
) -> Iterator[Finding]:
    """Yields the first difference of an output, if there is one."""

    def at(place: NDArray[np.intp], expected: str) -> Finding:
        where = "".join(f"[{index}]" for index in place)
        received = f"{served[tuple(place)]}"
        return Finding(subject=f"{subject}{where}", expected=expected, received=received)

    if served.shape != offline.shape:
        yield Finding(
            subject=subject, expected=f"shape {offline.shape}", received=f"shape {served.shape}"
        )
    elif not np.issubdtype(offline.dtype, np.floating):
        for place in np.argwhere(served != offline)[:1]:
            yield at(place, f"{offline[tuple(place)]!s}, as offline")
    elif not np.isfinite(served).all():
        yield at(np.argwhere(~np.isfinite(served))[0], "a finite number")
    else:
        for place in np.argwhere(~(np.abs(served - offline) <= tolerance))[:1]:
            yield at(place, f"{offline[tuple(place)]:.7g} within {tolerance:g}, as offline")
