"""Asks the server what the offline model was asked, and compares the answers."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

import grpc

from components.serving_validator.comparison import Outputs, differences
from components.serving_validator.report import CandidateError, Finding
from components.serving_validator.requests import CanaryRequest
from serving.protos import prediction_service_pb2_grpc
from serving.tensors import decode

_DEADLINE_SECONDS: Final = 30.0  # a model that hangs must not hang the pipeline

Ranking = Callable[[CanaryRequest, Outputs], Outputs | None]


class Trial:
    """Asks the server, and notes how its answers differ from the offline model's.

    A signature that has failed once is asked no more: its other requests would say the same.

    Args:
        channel: To the server.
        tolerance: How far apart numbers may be.
        ranking: `OfflineModel.ranking`.

    Attributes:
        asked: How many requests the server was sent.
    """

    def __init__(self, channel: grpc.Channel, tolerance: float, ranking: Ranking) -> None:
        self.asked = 0
        self._predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
        self._tolerance = tolerance
        self._ranking = ranking
        self._findings: dict[str, Finding] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The first fault of each signature."""
        return tuple(self._findings.values())

    def ask(self, request: CanaryRequest, offline: Outputs | Finding) -> float | None:
        """Sends a request and compares the answer.

        Args:
            request: What to ask.
            offline: The offline model's answer, or why it gave none.

        Returns:
            The milliseconds until the answer came; None if it was wrong or did not come.

        Raises:
            CandidateError: The server is gone.
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
