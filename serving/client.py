"""Asks a recommender served by TensorFlow Serving, or by the embedded server, over gRPC.

Needs neither TensorFlow nor a second of start-up: messages come from `serving.protos`, tensors are
NumPy's.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import grpc

from serving import messages
from serving.answers import PredictedRating, RecommendationList, VersionStatus
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
from serving.retry import RetryPolicy
from serving.tensors import Array, encode

DEFAULT_TARGET: Final = "localhost:8500"
DEFAULT_MODEL_NAME: Final = "movielens"
_UNLIMITED: Final = -1
_CHANNEL_OPTIONS: Final = (
    # gRPC refuses answers above 4 MiB otherwise; a few thousand users with titles are more.
    ("grpc.max_receive_message_length", _UNLIMITED),
    ("grpc.max_send_message_length", _UNLIMITED),
    # An HTTP proxy in the environment is for downloads; it would not find `localhost`.
    ("grpc.enable_http_proxy", 0),
)


class RecommenderClient:
    """A connection to one model of one server; open it once, use it from many threads.

    >>> with RecommenderClient("localhost:8500") as client:  # doctest: +SKIP
    ...     toy_story = messages.RatedMovie(movie_id=1, rating=5.0)
    ...     (answer,) = client.recommend([[toy_story]], k=3)
    ...     [movie.title for movie in answer.movies]
    """

    def __init__(
        self,
        target: str = DEFAULT_TARGET,
        *,
        model_name: str = DEFAULT_MODEL_NAME,
        version: int | None = None,
        timeout: float = 10.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        """Opens the connection; the server is first contacted by the first request.

        Args:
            target: `host:port` of the server's gRPC port.
            model_name: the name the model is served under.
            version: the version to ask; None for the newest.
            timeout: seconds for one request, all its attempts together.
            retry: when to ask again where nobody answers.

        Raises:
            ValueError: the timeout is not positive.
        """
        if not timeout > 0:
            raise ValueError(f"timeout must be a positive number of seconds. Received: {timeout}")
        self._target = target
        self._model_name = model_name
        self._version = version
        self._timeout = timeout
        self._retry = retry or RetryPolicy()
        self._random = random.Random()  # noqa: S311 (spreads retries; keeps no secret)
        self._channel = grpc.insecure_channel(target, options=_CHANNEL_OPTIONS)
        self._predictions = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._models = model_service_pb2_grpc.ModelServiceStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._channel.close()

    def recommend(
        self,
        histories: Sequence[messages.History],
        *,
        k: int = 10,
        exclude: Sequence[Sequence[int]] | None = None,
    ) -> list[RecommendationList]:
        """Recommends movies that the users have neither rated nor excluded.

        Args:
            histories: for each user the movies rated, most recent first; may be empty.
            k: movies a user.
            exclude: for each user movie ids never to recommend.

        Returns:
            One list a user, in the order of `histories`.

        Raises:
            ValueError: no user, a negative k, or not one exclusion list a user.
            RequestError: the request failed; its subclass tells how.
        """
        inputs = messages.recommend_inputs(histories, k=k, exclude=exclude)
        return messages.recommendation_lists(self._predict("recommend", inputs))

    def rate(
        self, histories: Sequence[messages.History], candidates: Sequence[Sequence[int]]
    ) -> list[tuple[PredictedRating, ...]]:
        """Predicts what users would think of movies.

        Args:
            histories: for each user the movies rated, most recent first; may be empty.
            candidates: for each user the movie ids to rate.

        Returns:
            For each user one prediction a candidate, in the order asked.

        Raises:
            ValueError: no user, or not one candidate list a user.
            RequestError: the request failed; its subclass tells how.
        """
        inputs = messages.rate_inputs(histories, candidates)
        return messages.predicted_ratings(self._predict("rate", inputs), candidates)

    def model_status(self) -> list[VersionStatus]:
        """Tells the state of the model's versions, newest first.

        Raises:
            RequestError: the request failed; its subclass tells how.
        """
        request = get_model_status_pb2.GetModelStatusRequest(model_spec=self._model_spec())
        response = self._call(self._models.GetModelStatus, request)
        name_of = get_model_status_pb2.ModelVersionStatus.State.Name
        return [
            VersionStatus(
                version=status.version,
                state=name_of(status.state),
                error=status.status.error_message,
            )
            for status in response.model_version_status
        ]

    def _predict(self, signature_name: str, inputs: Mapping[str, Array]) -> Any:
        request = predict_pb2.PredictRequest(
            model_spec=self._model_spec(signature_name),
            inputs={name: encode(array) for name, array in inputs.items()},
        )
        return self._call(self._predictions.Predict, request)

    def _model_spec(self, signature_name: str = "") -> Any:
        spec = model_pb2.ModelSpec(name=self._model_name, signature_name=signature_name)
        if self._version is not None:
            spec.version.value = self._version
        return spec

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        """Calls, and calls again while nobody answers and time is left."""
        deadline = time.monotonic() + self._timeout
        pauses = self._retry.pauses(self._random)
        while True:
            try:
                return method(request, timeout=max(0.001, deadline - time.monotonic()))
            except grpc.RpcError as error:
                pause = next(pauses, None)
                is_retried = error.code() is grpc.StatusCode.UNAVAILABLE and pause is not None
                if not is_retried or time.monotonic() + (pause or 0.0) >= deadline:
                    raise self._explained(error) from error
                time.sleep(pause or 0.0)

    def _explained(self, error: grpc.RpcError) -> RequestError:
        """The failure as a typed error that says what to do."""
        code, details, target = error.code(), error.details(), self._target
        if code is grpc.StatusCode.UNAVAILABLE:
            return ServerUnavailableError(
                f"No model server answers at {target}: {details}. Start one with "
                "`movielens serve`, or name another target.",
                code=code,
                target=target,
            )
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineExceededError(
                f"The model server at {target} did not answer within {self._timeout:g} s. Allow "
                "more time, or ask for fewer users at once.",
                code=code,
                target=target,
            )
        kind, remedy = _KINDS.get(code, (ServerFailureError, "See the server's log."))
        return kind(
            f"The model server at {target} answered {code.name} for model {self._model_name}: "
            f"{details}. {remedy}",
            code=code,
            target=target,
        )


_KINDS: Final[dict[grpc.StatusCode, tuple[type[RequestError], str]]] = {
    grpc.StatusCode.NOT_FOUND: (
        ModelNotFoundError,
        "Check the model's name and version; `model_status` tells what is served.",
    ),
    grpc.StatusCode.FAILED_PRECONDITION: (
        ModelNotFoundError,
        "The model served is not the recommender, or an older one: push a current version.",
    ),
    grpc.StatusCode.INVALID_ARGUMENT: (
        InvalidRequestError,
        "The model served does not take this request: client and model may be of different "
        "versions.",
    ),
}
