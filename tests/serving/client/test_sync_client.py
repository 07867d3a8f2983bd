"""The client against the real server, and against a server that fails as told."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np
import pytest

from serving.client import (
    MovieEmbedding,
    NewMovie,
    PredictedRating,
    RatedMovie,
    Recommendation,
    RecommenderClient,
    RetryPolicy,
    VersionStatus,
)
from serving.errors import (
    DeadlineExceededError,
    InvalidRequestError,
    ModelNotFoundError,
    ServerFailureError,
    ServerUnavailableError,
)
from serving.protos import predict_pb2, prediction_service_pb2_grpc
from serving.server_process import ServerProcess
from serving.tensors import encode_typed
from tests.support.canned_server import served

QUICK_RETRY = RetryPolicy(attempts=3, first_pause_seconds=0.01, longest_pause_seconds=0.02)
LIKES_TEN = [RatedMovie(movie_id=10, rating=5.0)]


class FailingService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Fails with the given codes in turn, then answers `rate`."""

    def __init__(self, *codes: grpc.StatusCode, hang: threading.Event | None = None) -> None:
        self.codes = list(codes)
        self.calls = 0
        self.hang = hang

    def Predict(  # noqa: N802
        self, _request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        self.calls += 1
        if self.hang is not None:
            self.hang.wait(10)
        if self.codes:
            context.abort(self.codes.pop(0), "as told")
        same = encode_typed(np.array([[3.5]], np.float32))
        return predict_pb2.PredictResponse(outputs={"rating": same, "liked": same})


def rate(service: FailingService, **options: Any) -> list[tuple[PredictedRating, ...]]:
    with served(service) as target, RecommenderClient(target, **options) as client:
        return client.rate([[]], [[1]])


def test_recommendations_come_best_first_without_seen_and_excluded_movies(
    client: RecommenderClient,
) -> None:
    likes_ten, nothing = client.recommend([LIKES_TEN, []], k=3, exclude=[[30], []])
    assert likes_ten.tier == "model"
    assert likes_ten.model_version == 2
    assert likes_ten.movies == (
        Recommendation(movie_id=20, score=7.0, title="Twenty (1991)"),
        Recommendation(movie_id=40, score=5.0, title="Forty (1993)"),
        Recommendation(movie_id=50, score=4.0, title="Fünfzig (1994)"),
    )
    assert nothing.tier == "popular"
    assert [movie.movie_id for movie in nothing.movies] == [10, 20, 30]


def test_exhausted_catalogue_gives_a_shorter_list(client: RecommenderClient) -> None:
    (answer,) = client.recommend([LIKES_TEN], k=100, exclude=[[20, 30, 40]])
    assert [movie.movie_id for movie in answer.movies] == [50, 60]


def test_ratings_come_in_the_order_of_the_candidates(client: RecommenderClient) -> None:
    first, second = client.rate([LIKES_TEN, []], [[60, 20], [40]])
    assert first == (
        PredictedRating(movie_id=60, rating=3.0, liked=1.0),
        PredictedRating(movie_id=20, rating=1.0, liked=0.0),
    )
    assert second == (PredictedRating(movie_id=40, rating=2.0, liked=1.0),)


def test_answer_above_four_mebibytes_is_read(client: RecommenderClient) -> None:
    users = 60_000
    answers = client.recommend([LIKES_TEN] * users, k=5)
    assert len(answers) == users
    assert answers[-1] == answers[0]


def test_similar_movies_come_best_first_without_the_movie_itself(client: RecommenderClient) -> None:
    of_twenty, of_unknown = client.similar([20, 999], k=2)
    assert of_twenty.model_version == 2
    assert [(movie.movie_id, movie.title) for movie in of_twenty.movies] == [
        (10, "Ten (1990)"),
        (30, "Thirty (1992)"),
    ]
    assert of_twenty.movies[0].score == pytest.approx(0.9)
    assert of_unknown.movies == ()


def test_new_movies_are_placed_by_title_and_genres(client: RecommenderClient) -> None:
    movies = [NewMovie(title="abc", genres=("Action", "Drama")), NewMovie()]
    assert client.embed(movies) == [
        MovieEmbedding(embedding=(3.0, 12.0), similar_movie_ids=(10, 20), model_version=2),
        MovieEmbedding(embedding=(0.0, 0.0), similar_movie_ids=(10, 20), model_version=2),
    ]


def test_model_status_tells_the_versions(client: RecommenderClient) -> None:
    assert client.model_status() == [VersionStatus(version=2, state="AVAILABLE", error="")]


def test_asked_version_that_is_not_served_is_named(server: ServerProcess) -> None:
    with (
        RecommenderClient(server.target, version=7) as client,
        pytest.raises(ModelNotFoundError, match=r"Specific\(movielens, 7\)") as caught,
    ):
        client.recommend([[]])
    assert caught.value.code is grpc.StatusCode.NOT_FOUND
    assert caught.value.target == server.target


def test_asked_version_that_is_served_answers(server: ServerProcess) -> None:
    with RecommenderClient(server.target, version=2) as client:
        assert client.recommend([[]])[0].model_version == 2


def test_unknown_model_is_named(server: ServerProcess) -> None:
    with (
        RecommenderClient(server.target, model_name="other") as client,
        pytest.raises(ModelNotFoundError, match=r"NOT_FOUND for model other.*Latest\(other\)"),
    ):
        client.recommend([[]])


def test_unavailable_server_is_asked_again() -> None:
    service = FailingService(grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE)
    ((rating,),) = rate(service, retry=QUICK_RETRY)
    assert rating == PredictedRating(movie_id=1, rating=3.5, liked=3.5)
    assert service.calls == 3


def test_retries_end_with_the_last_attempt() -> None:
    service = FailingService(*[grpc.StatusCode.UNAVAILABLE] * 9)
    with pytest.raises(ServerUnavailableError, match="as told"):
        rate(service, retry=QUICK_RETRY)
    assert service.calls == 3


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, InvalidRequestError),
        (grpc.StatusCode.FAILED_PRECONDITION, ModelNotFoundError),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ServerFailureError),
        (grpc.StatusCode.INTERNAL, ServerFailureError),
    ],
)
def test_other_failures_are_typed_and_not_repeated(
    code: grpc.StatusCode, error: type[Exception]
) -> None:
    service = FailingService(code)
    with pytest.raises(error, match=f"{code.name} for model movielens: as told"):
        rate(service, retry=QUICK_RETRY)
    assert service.calls == 1


def test_late_answer_is_a_deadline_error() -> None:
    released = threading.Event()
    service = FailingService(hang=released)
    with served(service) as target, RecommenderClient(target, timeout=0.2) as client:
        with pytest.raises(DeadlineExceededError, match=r"did not answer within 0\.2 s"):
            client.rate([[]], [[1]])
        released.set()


def test_nobody_at_the_target_is_told_with_the_remedy() -> None:
    with socket.socket() as unused:
        unused.bind(("localhost", 0))
        target = f"localhost:{unused.getsockname()[1]}"
        with (
            RecommenderClient(target, retry=QUICK_RETRY) as client,
            pytest.raises(
                ServerUnavailableError,
                match=rf"No model server answers at {target}.*movielens serve",
            ),
        ):
            client.model_status()


def test_a_server_that_was_away_is_soon_looked_for_again() -> None:
    """Four attempts in a second and less; gRPC alone would take five seconds for them."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as thread:
        listener.settimeout(10)
        target = f"127.0.0.1:{listener.getsockname()[1]}"
        with RecommenderClient(target, retry=RetryPolicy(attempts=1)) as client:
            started = time.monotonic()
            asked = thread.submit(client.model_status)
            for _ in range(4):
                listener.accept()[0].close()
            assert time.monotonic() - started < 3
            with pytest.raises(ServerUnavailableError):
                asked.result()


def test_retry_stops_where_the_pause_would_outlast_the_timeout() -> None:
    service = FailingService(*[grpc.StatusCode.UNAVAILABLE] * 9)
    patient = RetryPolicy(attempts=9, first_pause_seconds=1e6, longest_pause_seconds=1e6)
    with pytest.raises(ServerUnavailableError):
        rate(service, retry=patient, timeout=5.0)
    assert service.calls == 1


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan")])
def test_timeout_that_is_not_positive_is_refused(timeout: float) -> None:
    with pytest.raises(ValueError, match=f"Received: {timeout}"):
        RecommenderClient(timeout=timeout)
