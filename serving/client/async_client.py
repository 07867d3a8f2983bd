"""The client for asyncio: `RecommenderClient`'s methods, awaited."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import grpc
import grpc.aio

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
    RetryPolicy,
    TlsOptions,
    version_statuses,
)
from serving.client.request_log import RequestLog
from serving.protos import model_service_pb2_grpc, prediction_service_pb2_grpc
from serving.tensors import Array


class AsyncRecommenderClient:
    """A connection to one model of one server, opened inside a running event loop.

    Its arguments and methods are those of `RecommenderClient`.

    >>> async def titles() -> list[str]:  # doctest: +SKIP
    ...     async with AsyncRecommenderClient("localhost:8500") as client:
    ...         (answer,) = await client.similar([1], k=3)
    ...         return [movie.title for movie in answer.movies]
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
        self._address = ModelAddress(
            target=target,
            model_name=model_name,
            version=version,
            timeout=timeout,
            retry=retry or RetryPolicy(),
        )
        interceptors = [request_log.for_asyncio()] if request_log is not None else []
        if tls is None:
            self._channel = grpc.aio.insecure_channel(
                target, options=CHANNEL_OPTIONS, interceptors=interceptors
            )
        else:
            self._channel = grpc.aio.secure_channel(
                target, tls.credentials(), options=CHANNEL_OPTIONS, interceptors=interceptors
            )
        self._predictions = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._models = model_service_pb2_grpc.ModelServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connection."""
        await self._channel.close()

    async def recommend(
        self,
        histories: Sequence[messages.History],
        *,
        k: int = 10,
        exclude: Sequence[Sequence[int]] | None = None,
    ) -> list[RecommendationList]:
        """Recommends movies that the users have neither rated nor excluded."""
        inputs = messages.recommend_inputs(histories, k=k, exclude=exclude)
        return messages.recommendation_lists(await self._predict("recommend", inputs))

    async def rate(
        self, histories: Sequence[messages.History], candidates: Sequence[Sequence[int]]
    ) -> list[tuple[PredictedRating, ...]]:
        """Predicts what users would think of movies."""
        inputs = messages.rate_inputs(histories, candidates)
        return messages.predicted_ratings(await self._predict("rate", inputs), candidates)

    async def similar(self, movie_ids: Sequence[int], *, k: int = 10) -> list[SimilarMovies]:
        """Finds the `k` movies most like each of others."""
        inputs = messages.similar_inputs(movie_ids, k=k)
        return messages.similar_movies(await self._predict("similar", inputs))

    async def embed(self, movies: Sequence[NewMovie]) -> list[MovieEmbedding]:
        """Places new movies among those of the catalogue."""
        inputs = messages.embed_inputs(movies)
        return messages.movie_embeddings(await self._predict("embed", inputs))

    async def model_status(self) -> list[VersionStatus]:
        """Returns the state of the model's versions, newest first."""
        request = self._address.status_request()
        return version_statuses(await self._call(self._models.GetModelStatus, request))

    async def _predict(self, signature_name: str, inputs: Mapping[str, Array]) -> Any:
        request = self._address.predict_request(signature_name, inputs)
        return await self._call(self._predictions.Predict, request)

    async def _call(self, method: Callable[..., Any], request: Any) -> Any:
        attempts = self._address.attempts()
        while True:
            try:
                return await method(request, timeout=attempts.seconds_left())
            except grpc.RpcError as error:
                pause = attempts.pause_after(error)
            await asyncio.sleep(pause)
