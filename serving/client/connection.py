"""What the clients share, whether they wait or not: channel options, requests, attempts."""

import random
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import grpc

from serving.client.answers import VersionStatus
from serving.client.failures import explained
from serving.client.retry import RetryPolicy
from serving.protos import get_model_status_pb2, model_pb2, predict_pb2
from serving.tensors import Array, encode

DEFAULT_TARGET: Final = "localhost:8500"
DEFAULT_MODEL_NAME: Final = "movielens"
DEFAULT_TIMEOUT_SECONDS: Final = 10.0
_UNLIMITED: Final = -1
CHANNEL_OPTIONS: Final = (
    # gRPC refuses answers above 4 MiB otherwise; a few thousand users with titles are more.
    ("grpc.max_receive_message_length", _UNLIMITED),
    ("grpc.max_send_message_length", _UNLIMITED),
    # An HTTP proxy in the environment is for downloads; it would not find `localhost`.
    ("grpc.enable_http_proxy", 0),
)


class ModelAddress:
    """One model of one server: makes the requests to it, and judges how they fail."""

    def __init__(
        self,
        target: str,
        *,
        model_name: str,
        version: int | None,
        timeout: float,
        retry: RetryPolicy | None,
    ) -> None:
        """Notes where to ask; see `RecommenderClient`.

        Raises:
            ValueError: the timeout is not positive.
        """
        if not timeout > 0:
            raise ValueError(f"timeout must be a positive number of seconds. Received: {timeout}")
        self.target = target
        self.model_name = model_name
        self.timeout = timeout
        self._version = version
        self._retry = retry or RetryPolicy()
        self._random = random.Random()  # noqa: S311 (spreads retries; keeps no secret)

    def predict_request(self, signature_name: str, inputs: Mapping[str, Array]) -> Any:
        """A PredictRequest for a signature of the model."""
        return predict_pb2.PredictRequest(
            model_spec=self._model_spec(signature_name),
            inputs={name: encode(array) for name, array in inputs.items()},
        )

    def status_request(self) -> Any:
        """A GetModelStatusRequest for the model."""
        return get_model_status_pb2.GetModelStatusRequest(model_spec=self._model_spec())

    def attempts(self) -> "Attempts":
        """The attempts of one call, which share its timeout."""
        return Attempts(self, self._retry.pauses(self._random))

    def _model_spec(self, signature_name: str = "") -> Any:
        spec = model_pb2.ModelSpec(name=self.model_name, signature_name=signature_name)
        if self._version is not None:
            spec.version.value = self._version
        return spec


class Attempts:
    """One call, made again while nobody answers and time is left."""

    def __init__(self, address: ModelAddress, pauses: Iterator[float]) -> None:
        self._address = address
        self._pauses = pauses
        self._deadline = time.monotonic() + address.timeout

    def seconds_left(self) -> float:
        """What the next attempt may take."""
        return max(0.001, self._deadline - time.monotonic())

    def pause_after(self, error: grpc.RpcError) -> float:
        """The seconds to wait before the next attempt.

        Raises:
            RequestError: there is to be none; the error tells why the call failed.
        """
        code = error.code()
        pause = next(self._pauses, None)
        is_retried = code is grpc.StatusCode.UNAVAILABLE and pause is not None
        if pause is None or not is_retried or time.monotonic() + pause >= self._deadline:
            raise explained(
                code,
                error.details(),
                target=self._address.target,
                model_name=self._address.model_name,
                timeout=self._address.timeout,
            ) from error
        return pause


def version_statuses(response: Any) -> list[VersionStatus]:
    """Reads a GetModelStatusResponse."""
    name_of = get_model_status_pb2.ModelVersionStatus.State.Name
    return [
        VersionStatus(
            version=status.version, state=name_of(status.state), error=status.status.error_message
        )
        for status in response.model_version_status
    ]
