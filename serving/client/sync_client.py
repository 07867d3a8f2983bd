"""Asks a recommender served by TensorFlow Serving, or by the embedded server, over gRPC."""

import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import grpc

from serving.client import messages
from serving.client.answers import (
    MovieEmbedding,
    NewMovie,
    PredictedRating,
    RecommendationList,
    SimilarMovies,
    VersionStatus,
)
from serving.client.connection import (
    CHANNEL_OPTIONS,
    DEFAULT_MODEL_NAME,
    DEFAULT_TARGET,
    DEFAULT_TIMEOUT_SECONDS,
    ModelAddress,
    version_statuses,
)
from serving.client.request_log import RequestLog
from serving.client.retry import RetryPolicy
from serving.client.tls import TlsOptions
from serving.protos import model_service_pb2_grpc, prediction_service_pb2_grpc
from serving.tensors import Array


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
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        retry: RetryPolicy | None = None,
        tls: TlsOptions | None = None,
        request_log: RequestLog | None = None,
    ) -> None:
        """Opens the connection; the server is first contacted by the first request.

        Args:
            target: `host:port` of the server's gRPC port.
            model_name: the name the model is served under.
            version: the version to ask; None for the newest.
            timeout: seconds for one request, all its attempts together.
            retry: when to ask again where nobody answers.
            tls: the certificates to use; None for a connection in clear text.
            request_log: where to log what is asked and answered; the caller's to close, and free to
                serve other clients, too.

        Raises:
            ValueError: the timeout is not positive, or a certificate cannot be read.
        """
        self._address = ModelAddress(
            target, model_name=model_name, version=version, timeout=timeout, retry=retry
        )
        if tls is None:
            self._channel = grpc.insecure_channel(target, options=CHANNEL_OPTIONS)
        else:
            self._channel = grpc.secure_channel(target, tls.credentials(), options=CHANNEL_OPTIONS)
        if request_log is not None:
            self._channel = grpc.intercept_channel(self._channel, request_log)
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

    def similar(self, movie_ids: Sequence[int], *, k: int = 10) -> list[SimilarMovies]:
        """Finds the movies most like others.

        Args:
            movie_ids: the movies to compare with.
            k: movies wanted for each.

        Returns:
            One list for each of `movie_ids`, in their order, never with the movie itself.

        Raises:
            ValueError: no movie, or a negative k.
            RequestError: the request failed; its subclass tells how.
        """
        inputs = messages.similar_inputs(movie_ids, k=k)
        return messages.similar_movies(self._predict("similar", inputs))

    def embed(self, movies: Sequence[NewMovie]) -> list[MovieEmbedding]:
        """Places new movies among those of the catalogue, from title and genres alone.

        Returns:
            One embedding for each of `movies`, in their order.

        Raises:
            ValueError: no movie, or a genre that holds a bar.
            RequestError: the request failed; its subclass tells how.
        """
        inputs = messages.embed_inputs(movies)
        return messages.movie_embeddings(self._predict("embed", inputs))

    def model_status(self) -> list[VersionStatus]:
        """Tells the state of the model's versions, newest first.

        Raises:
            RequestError: the request failed; its subclass tells how.
        """
        request = self._address.status_request()
        return version_statuses(self._call(self._models.GetModelStatus, request))

    def _predict(self, signature_name: str, inputs: Mapping[str, Array]) -> Any:
        request = self._address.predict_request(signature_name, inputs)
        return self._call(self._predictions.Predict, request)

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        attempts = self._address.attempts()
        while True:
            try:
                return method(request, timeout=attempts.seconds_left())
            except grpc.RpcError as error:
                pause = attempts.pause_after(error)
            time.sleep(pause)
