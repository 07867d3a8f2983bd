"""The client for asyncio: `RecommenderClient`'s methods, awaited."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Self

import grpc
import grpc.aio

from serving.client import messages
from serving.client.connection import CHANNEL_OPTIONS, Attempts, ModelConnection
from serving.client.request_log import RequestLog


class AsyncRecommenderClient(ModelConnection):
    """A connection to one model of one server, opened inside a running event loop.

    Its arguments and methods are those of `RecommenderClient`.
    """

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
    ) -> list[messages.RecommendationList]:
        """Recommends movies that the users have neither rated nor excluded."""
        inputs = messages.recommend_inputs(histories, k=k, exclude=exclude)
        return messages.recommendation_lists(await self._predict("recommend", inputs))

    async def rate(
        self, histories: Sequence[messages.History], candidates: Sequence[Sequence[int]]
    ) -> list[tuple[messages.PredictedRating, ...]]:
        """Predicts what users would think of movies."""
        inputs = messages.rate_inputs(histories, candidates)
        return messages.predicted_ratings(await self._predict("rate", inputs), candidates)

    async def similar(
        self, movie_ids: Sequence[int], *, k: int = 10
    ) -> list[messages.SimilarMovies]:
        """Finds the `k` movies most like each of others."""
        inputs = messages.similar_inputs(movie_ids, k=k)
        return messages.similar_movies(await self._predict("similar", inputs))

    async def embed(self, movies: Sequence[messages.NewMovie]) -> list[messages.MovieEmbedding]:
        """Places new movies among those of the catalogue."""
        inputs = messages.embed_inputs(movies)
        return messages.movie_embeddings(await self._predict("embed", inputs))

    async def model_status(self) -> list[messages.VersionStatus]:
        """Returns the state of the model's versions, newest first."""
        return messages.version_statuses(await self._model_status())

    def _open(
        self, credentials: grpc.ChannelCredentials | None, request_log: RequestLog | None
    ) -> grpc.aio.Channel:
        interceptors = [] if request_log is None else [request_log.for_asyncio()]
        if credentials is None:
            return grpc.aio.insecure_channel(
                self.target, options=CHANNEL_OPTIONS, interceptors=interceptors
            )
        return grpc.aio.secure_channel(
            self.target, credentials, options=CHANNEL_OPTIONS, interceptors=interceptors
        )

    async def _call(self, method: Callable[..., Any], request: Any) -> Any:
        attempts = Attempts(self)
        while True:
            try:
                return await method(request, timeout=attempts.seconds_left())
            except grpc.RpcError as error:
                pause = attempts.pause_after(error)
            await asyncio.sleep(pause)
