"""How the clients reach a server, called or awaited: TLS, requests, attempts, errors."""

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc

from serving.client.request_log import RequestLog
from serving.errors import (
    DeadlineExceededError,
    InvalidRequestError,
    ModelNotFoundError,
    RequestError,
    ServerFailureError,
    ServerUnavailableError,
)
from serving.protos import (
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)
from serving.tensors import Array, encode

DEFAULT_TARGET: Final = "localhost:8500"
DEFAULT_MODEL_NAME: Final = "movielens"
_UNLIMITED: Final = -1
_RANDOM: Final = random.Random()  # noqa: S311 (spreads retries; keeps no secret)
CHANNEL_OPTIONS: Final = (
    # gRPC refuses answers above 4 MiB otherwise; a few thousand users with titles are more.
    ("grpc.max_receive_message_length", _UNLIMITED),
    ("grpc.max_send_message_length", _UNLIMITED),
    # An HTTP proxy in the environment is for downloads; it would not find `localhost`.
    ("grpc.enable_http_proxy", 0),
    # gRPC waits up to two minutes before it looks for a server again that was away, and fails every
    # call until then. These are the pauses of RetryPolicy.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)
_REFUSED: Final = "The model server at {target} answered {code} for model {model_name}: {details}. "
_FAILURES: Final[Mapping[grpc.StatusCode, tuple[type[RequestError], str]]] = {
    grpc.StatusCode.UNAVAILABLE: (
        ServerUnavailableError,
        "No model server answers at {target}: {details}. Start one with `movielens serve`, or "
        "name another target.",
    ),
    grpc.StatusCode.DEADLINE_EXCEEDED: (
        DeadlineExceededError,
        "The model server at {target} did not answer within {timeout:g} s. Allow more time, or "
        "ask for fewer users at once.",
    ),
    grpc.StatusCode.NOT_FOUND: (
        ModelNotFoundError,
        _REFUSED + "Check the model's name and version; `model_status` tells what is served.",
    ),
    grpc.StatusCode.FAILED_PRECONDITION: (
        ModelNotFoundError,
        _REFUSED
        + "The model served is not the recommender, or an older one: push a current version.",
    ),
    grpc.StatusCode.RESOURCE_EXHAUSTED: (
        ServerFailureError,
        _REFUSED + "Ask for fewer users at once, or again when the server is less busy.",
    ),
    grpc.StatusCode.INVALID_ARGUMENT: (
        InvalidRequestError,
        _REFUSED + "The model served does not take this request: client and model may be of "
        "different versions.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class TlsOptions:
    """Certificates that a client trusts and, for mutual TLS, shows; every file is PEM."""

    root_certificates: Path | None = None  # the authorities to trust; None for those of gRPC
    private_key: Path | None = None  # with the certificate, if the server asks for one
    certificate_chain: Path | None = None

    def __post_init__(self) -> None:
        if (self.private_key is None) != (self.certificate_chain is None):
            raise ValueError(
                "A client's certificate needs its key and the other way round. Received: "
                f"private_key={self.private_key}, certificate_chain={self.certificate_chain}"
            )

    def credentials(self) -> grpc.ChannelCredentials:
        """Reads the files; ValueError if one cannot be read."""
        files = (self.root_certificates, self.private_key, self.certificate_chain)
        try:
            contents = [None if path is None else path.read_bytes() for path in files]
        except OSError as error:
            raise ValueError(
                f"Cannot read the certificate file {error.filename}: {error}"
            ) from error
        return grpc.ssl_channel_credentials(*contents)


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """When to ask again: exponential backoff with full jitter.

    A call is repeated on UNAVAILABLE alone, which means that nobody answered. Any other failure
    would come again, or has used up the caller's time.
    """

    attempts: int = 4  # at most, the first call included
    first_pause_seconds: float = 0.1  # upper bound of the pause before the second attempt
    longest_pause_seconds: float = 2.0  # upper bound of every pause

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts must be at least 1. Received: {self.attempts}")
        if not 0 < self.first_pause_seconds <= self.longest_pause_seconds:
            raise ValueError(
                "first_pause_seconds must be positive and at most longest_pause_seconds. Received: "
                f"{self.first_pause_seconds} and {self.longest_pause_seconds}"
            )

    def pauses(self, random_source: random.Random) -> Iterator[float]:
        """The pauses between attempts in seconds, each drawn uniformly from zero to its bound."""
        bound = self.first_pause_seconds
        for _ in range(self.attempts - 1):
            yield random_source.uniform(0, bound)
            bound = min(2 * bound, self.longest_pause_seconds)


class ModelConnection:
    """What both clients share: arguments, requests, and the errors of failed calls."""

    def __init__(
        self,
        target: str = DEFAULT_TARGET,
        *,
        model_name: str = DEFAULT_MODEL_NAME,
        version: int | None = None,
        timeout: float = 10.0,
        retry: RetryPolicy | None = None,
        tls: TlsOptions | None = None,
        request_log: RequestLog | None = None,
    ) -> None:
        if not timeout > 0:
            raise ValueError(f"timeout must be a positive number of seconds. Received: {timeout}")
        self.target = target
        self.model_name = model_name
        self.timeout = timeout
        self._version = version
        self.retry = retry or RetryPolicy()
        self._channel = self._open(None if tls is None else tls.credentials(), request_log)
        self._predictions = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._models = model_service_pb2_grpc.ModelServiceStub(self._channel)

    def _open(
        self, credentials: grpc.ChannelCredentials | None, request_log: RequestLog | None
    ) -> Any:
        """Opens a channel to the target, in clear text without credentials."""
        raise NotImplementedError

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        """Makes a call, if need be several times; returns the answer, or an awaitable of it."""
        raise NotImplementedError

    def _predict(self, signature_name: str, inputs: Mapping[str, Array]) -> Any:
        request = predict_pb2.PredictRequest(
            model_spec=self._model_spec(signature_name),
            inputs={name: encode(array) for name, array in inputs.items()},
        )
        return self._call(self._predictions.Predict, request)

    def _model_status(self) -> Any:
        request = get_model_status_pb2.GetModelStatusRequest(model_spec=self._model_spec())
        return self._call(self._models.GetModelStatus, request)

    def _model_spec(self, signature_name: str = "") -> Any:
        spec = model_pb2.ModelSpec(name=self.model_name, signature_name=signature_name)
        if self._version is not None:
            spec.version.value = self._version
        return spec


class Attempts:
    """One call, made again while nobody answers and time is left."""

    def __init__(self, connection: ModelConnection) -> None:
        self._connection = connection
        self._pauses = connection.retry.pauses(_RANDOM)
        self._deadline = time.monotonic() + connection.timeout

    def seconds_left(self) -> float:
        """How long the next attempt may take."""
        return max(0.001, self._deadline - time.monotonic())

    def pause_after(self, error: grpc.RpcError) -> float:
        """The seconds to wait before the next attempt; raises a RequestError if there is none."""
        pause = next(self._pauses, math.inf)  # the last attempt has failed: outlasts any deadline
        is_retried = error.code() is grpc.StatusCode.UNAVAILABLE
        if not is_retried or time.monotonic() + pause >= self._deadline:
            raise _explained(error, self._connection) from error
        return pause


def _explained(error: grpc.RpcError, connection: ModelConnection) -> RequestError:
    """A failed call as a typed error that says what to do."""
    code, target = error.code(), connection.target
    kind, message = _FAILURES.get(code, (ServerFailureError, _REFUSED + "See the server's log."))
    text = message.format(
        target=target,
        code=code.name,
        model_name=connection.model_name,
        details=error.details(),
        timeout=connection.timeout,
    )
    return kind(text, code=code, target=target)
