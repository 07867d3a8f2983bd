"""Asks the server what the offline model has been asked."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

import grpc

from components.serving_validator.comparison import Outputs, differences
from components.serving_validator.report import CandidateError, Finding
from components.serving_validator.requests import CanaryRequest
from serving.protos import prediction_service_pb2_grpc
from serving.tensors import Array, decode

_DEADLINE_SECONDS: Final = 30.0  # a model that hangs must not hang the pipeline

Ranking = Callable[[CanaryRequest, Outputs], Outputs | None]


class ServerGoneError(CandidateError):
    """The server ended while it was asked."""


class Trial:
    """Asks the server, and notes where it differs from what the offline model has answered.

    A signature that has failed once is asked no more: its other requests would only say it again.

    Args:
        channel: to the server.
        tolerance: how far numbers may be apart.
        ranking: as of `OfflineModel`.

    Attributes:
        asked: how many requests the server was sent.
    """

    def __init__(self, channel: grpc.Channel, tolerance: float, ranking: Ranking) -> None:
        self.asked = 0
        self._predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
        self._tolerance = tolerance
        self._ranking = ranking
        self._findings: dict[str, Finding] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The first thing that was wrong with each signature."""
        return tuple(self._findings.values())

    def ask(self, request: CanaryRequest, offline: Outputs | Finding) -> float | None:
        """Sends a request and compares the answer.

        Args:
            request: what to ask.
            offline: what the offline model answered, or why it could not.

        Returns:
            The milliseconds until the answer was there; None where it was wrong or none came.

        Raises:
            ServerGoneError: nobody answers any more.
        """
        if request.signature in self._findings:
            return None
        started = time.perf_counter()
        try:
            served = self._served(request)
        except ServerGoneError:
            raise
        except CandidateError as error:
            self._findings[request.signature] = error.finding
            return None
        milliseconds = 1000 * (time.perf_counter() - started)
        found = self._compare(request, served, offline)
        if found is not None:
            self._findings[request.signature] = found
            return None
        return milliseconds

    def _compare(
        self, request: CanaryRequest, served: Outputs, offline: Outputs | Finding
    ) -> Finding | None:
        if isinstance(offline, Finding):
            return offline
        found = differences(
            request.name,
            served=served,
            offline=offline,
            tolerance=self._tolerance,
            ranking=partial(self._ranking, request, offline),
        )
        return next(found, None)

    def _served(self, request: CanaryRequest) -> dict[str, Array]:
        self.asked += 1
        try:
            response = self._predict(request.request, timeout=_DEADLINE_SECONDS)
        except grpc.RpcError as error:
            is_gone = error.code() is grpc.StatusCode.UNAVAILABLE
            kind = ServerGoneError if is_gone else CandidateError
            received = f"{error.code().name}: {error.details()}"
            raise kind(request.name, expected="an answer", received=received) from error
        return {name: decode(proto) for name, proto in response.outputs.items()}
