"""How the clients reach a server, called or awaited: TLS, requests, attempts, errors."""

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc

from serving.client.answers import VersionStatus
from serving.errors import (
    DeadlineExceededError,
    InvalidRequestError,
    ModelNotFoundError,
    RequestError,
    ServerFailureError,
    ServerUnavailableError,
)
from serving.protos import get_model_status_pb2, model_pb2, predict_pb2
from serving.tensors import Array, encode

DEFAULT_TARGET: Final = "localhost:8500"
DEFAULT_MODEL_NAME: Final = "movielens"
DEFAULT_TIMEOUT_SECONDS: Final = 10.0
_UNLIMITED: Final = -1
_RANDOM: Final = random.Random()  # noqa: S311 (spreads retries; keeps no secret)
CHANNEL_OPTIONS: Final = (
    # gRPC refuses answers above 4 MiB otherwise; a few thousand users with titles are more.
    ("grpc.max_receive_message_length", _UNLIMITED),
    ("grpc.max_send_message_length", _UNLIMITED),
    # An HTTP proxy in the environment is for downloads; it would not find `localhost`.
    ("grpc.enable_http_proxy", 0),
)
# The errors of a server that answers, and what to do about them.
_REFUSALS: Final[Mapping[grpc.StatusCode, tuple[type[RequestError], str]]] = {
    grpc.StatusCode.NOT_FOUND: (
        ModelNotFoundError,
        "Check the model's name and version; `model_status` tells what is served.",
    ),
    grpc.StatusCode.FAILED_PRECONDITION: (
        ModelNotFoundError,
        "The model served is not the recommender, or an older one: push a current version.",
    ),
    grpc.StatusCode.RESOURCE_EXHAUSTED: (
        ServerFailureError,
        "Ask for fewer users at once, or again when the server is less busy.",
    ),
    grpc.StatusCode.INVALID_ARGUMENT: (
        InvalidRequestError,
        "The model served does not take this request: client and model may be of different "
        "versions.",
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
        """Reads the files.

        Raises:
            ValueError: A file cannot be read.
        """
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
        """The pauses between the attempts, in seconds, each drawn uniformly from zero to its bound.

        >>> policy = RetryPolicy(attempts=3, first_pause_seconds=1.0, longest_pause_seconds=1.5)
        >>> first, second = policy.pauses(random.Random(0))
        >>> 0 <= first <= 1.0 and 0 <= second <= 1.5
        True
        """
        bound = self.first_pause_seconds
        for _ in range(self.attempts - 1):
            yield random_source.uniform(0, bound)
            bound = min(2 * bound, self.longest_pause_seconds)


@dataclass(frozen=True, kw_only=True)
class ModelAddress:
    """One model of one server, as the arguments of `RecommenderClient` describe it.

    Raises:
        ValueError: The timeout is not positive.
    """

    target: str
    model_name: str
    version: int | None
    timeout: float
    retry: RetryPolicy

    def __post_init__(self) -> None:
        if not self.timeout > 0:
            raise ValueError(
                f"timeout must be a positive number of seconds. Received: {self.timeout}"
            )

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
        return Attempts(self, self.retry.pauses(_RANDOM))

    def _model_spec(self, signature_name: str = "") -> Any:
        spec = model_pb2.ModelSpec(name=self.model_name, signature_name=signature_name)
        if self.version is not None:
            spec.version.value = self.version
        return spec


class Attempts:
    """One call, made again while nobody answers and time is left."""

    def __init__(self, address: ModelAddress, pauses: Iterator[float]) -> None:
        self._address = address
        self._pauses = pauses
        self._deadline = time.monotonic() + address.timeout

    def seconds_left(self) -> float:
        """How long the next attempt may take."""
        return max(0.001, self._deadline - time.monotonic())

    def pause_after(self, error: grpc.RpcError) -> float:
        """The seconds to wait before the next attempt.

        Raises:
            RequestError: There is no further attempt; the error says why the call failed.
        """
        pause = next(self._pauses, None)
        is_retried = error.code() is grpc.StatusCode.UNAVAILABLE and pause is not None
        if pause is None or not is_retried or time.monotonic() + pause >= self._deadline:
            raise _explained(error, self._address) from error
        return pause


def _explained(error: grpc.RpcError, address: ModelAddress) -> RequestError:
    """A failed call as a typed error that says what to do."""
    code, target = error.code(), address.target
    kind, remedy = _REFUSALS.get(code, (ServerFailureError, "See the server's log."))
    message = (
        f"The model server at {target} answered {code.name} for model {address.model_name}: "
        f"{error.details()}. {remedy}"
    )
    if code is grpc.StatusCode.UNAVAILABLE:
        kind = ServerUnavailableError
        message = (
            f"No model server answers at {target}: {error.details()}. Start one with "
            "`movielens serve`, or name another target."
        )
    elif code is grpc.StatusCode.DEADLINE_EXCEEDED:
        kind = DeadlineExceededError
        message = (
            f"The model server at {target} did not answer within {address.timeout:g} s. Allow "
            "more time, or ask for fewer users at once."
        )
    return kind(message, code=code, target=target)


def version_statuses(response: Any) -> list[VersionStatus]:
    """Reads a GetModelStatusResponse."""
    name_of = get_model_status_pb2.ModelVersionStatus.State.Name
    return [
        VersionStatus(
            version=status.version, state=name_of(status.state), error=status.status.error_message
        )
        for status in response.model_version_status
    ]
