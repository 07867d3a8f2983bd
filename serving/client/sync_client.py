"""Asks a recommender served by TensorFlow Serving, or by the embedded server, over gRPC."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import grpc

from serving.client import messages
from serving.client.connection import CHANNEL_OPTIONS, Attempts, ModelConnection
from serving.client.request_log import RequestLog


class RecommenderClient(ModelConnection):
    """A connection to one model of one server; open it once, use it from many threads.

    The server is first contacted by the first request. Every method raises a RequestError if its
    request failed; the subclass tells how.

    >>> with RecommenderClient("localhost:8500") as client:  # doctest: +SKIP
    ...     toy_story = RatedMovie(movie_id=1, rating=5.0)
    ...     (answer,) = client.recommend([[toy_story]], k=3)
    ...     [movie.title for movie in answer.movies]

    Args:
        target: `host:port` of the server's gRPC port.
        model_name: The name the model is served under.
        version: The version to ask; None for the newest.
        timeout: Seconds for one request, all its attempts together.
        retry: When to ask again if nobody answers.
        tls: The certificates to use; None for a connection in clear text.
        request_log: Logs requests and answers. The caller closes it, and may share it.

    Raises:
        ValueError: The timeout is not positive, or a certificate cannot be read.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
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
    ) -> list[messages.RecommendationList]:
        """Recommends movies that the users have neither rated nor excluded.

        Args:
            histories: For each user the movies rated, most recent first; may be empty.
            k: Movies for each user.
            exclude: For each user movie ids never to recommend.

        Returns:
            One list for each user, in the order of `histories`.

        Raises:
            ValueError: No user, a negative k, or not one exclusion list for each user.
        """
        inputs = messages.recommend_inputs(histories, k=k, exclude=exclude)
        return messages.recommendation_lists(self._predict("recommend", inputs))

    def rate(
        self, histories: Sequence[messages.History], candidates: Sequence[Sequence[int]]
    ) -> list[tuple[messages.PredictedRating, ...]]:
        """Predicts what users would think of movies.

        Args:
            histories: For each user the movies rated, most recent first; may be empty.
            candidates: For each user the movie ids to rate.

        Returns:
            For each user one prediction for each candidate, in the order asked.

        Raises:
            ValueError: No user, or not one candidate list for each user.
        """
        inputs = messages.rate_inputs(histories, candidates)
        return messages.predicted_ratings(self._predict("rate", inputs), candidates)

    def similar(self, movie_ids: Sequence[int], *, k: int = 10) -> list[messages.SimilarMovies]:
        """Finds the `k` movies most like each of others.

        Returns:
            One list for each of `movie_ids`, in their order, never with the movie itself.

        Raises:
            ValueError: No movie, or a negative k.
        """
        inputs = messages.similar_inputs(movie_ids, k=k)
        return messages.similar_movies(self._predict("similar", inputs))

    def embed(self, movies: Sequence[messages.NewMovie]) -> list[messages.MovieEmbedding]:
        """Places new movies among those of the catalogue, from title and genres alone.

        Returns:
            One embedding for each of `movies`, in their order.

        Raises:
            ValueError: No movie, or a genre that holds a bar.
        """
        inputs = messages.embed_inputs(movies)
        return messages.movie_embeddings(self._predict("embed", inputs))

    def model_status(self) -> list[messages.VersionStatus]:
        """Returns the state of the model's versions, newest first."""
        return messages.version_statuses(self._model_status())

    def _open(
        self, credentials: grpc.ChannelCredentials | None, request_log: RequestLog | None
    ) -> grpc.Channel:
        if credentials is None:
            channel = grpc.insecure_channel(self.target, options=CHANNEL_OPTIONS)
        else:
            channel = grpc.secure_channel(self.target, credentials, options=CHANNEL_OPTIONS)
        return channel if request_log is None else grpc.intercept_channel(channel, request_log)

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        attempts = Attempts(self)
        while True:
            try:
                return method(request, timeout=attempts.seconds_left())
            except grpc.RpcError as error:
                pause = attempts.pause_after(error)
            time.sleep(pause)
