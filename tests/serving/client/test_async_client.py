"""The client for asyncio, against the real server and against nobody."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from serving.client import (
    AsyncRecommenderClient,
    NewMovie,
    RatedMovie,
    RecommenderClient,
    RetryPolicy,
)
from serving.errors import ModelNotFoundError, ServerUnavailableError
from serving.server_process import ServerProcess

LIKES_TEN = [RatedMovie(movie_id=10, rating=5.0)]


def ask(
    server: ServerProcess,
    question: Callable[[AsyncRecommenderClient], Awaitable[Any]],
    **options: Any,
) -> Any:
    async def run() -> Any:
        async with AsyncRecommenderClient(server.target, **options) as client:
            return await question(client)

    return asyncio.run(run())


def test_every_method_answers_as_the_client_that_waits(
    server: ServerProcess, client: RecommenderClient
) -> None:
    async def all_at_once(asked: AsyncRecommenderClient) -> Any:
        return await asyncio.gather(
            asked.recommend([LIKES_TEN], k=3, exclude=[[30]]),
            asked.rate([LIKES_TEN], [[60, 20]]),
            asked.similar([20], k=2),
            asked.embed([NewMovie(title="abc")]),
            asked.model_status(),
        )

    assert ask(server, all_at_once) == [
        client.recommend([LIKES_TEN], k=3, exclude=[[30]]),
        client.rate([LIKES_TEN], [[60, 20]]),
        client.similar([20], k=2),
        client.embed([NewMovie(title="abc")]),
        client.model_status(),
    ]


def test_answer_above_four_mebibytes_is_read(server: ServerProcess) -> None:
    users = 60_000
    answers = ask(server, lambda client: client.recommend([LIKES_TEN] * users, k=5))
    assert len(answers) == users


def test_failure_is_typed(server: ServerProcess) -> None:
    with pytest.raises(ModelNotFoundError, match=r"Latest\(other\)"):
        ask(server, lambda client: client.similar([1]), model_name="other")


def test_nobody_at_the_target_is_told_after_the_attempts() -> None:
    async def question() -> None:
        retry = RetryPolicy(attempts=2, first_pause_seconds=0.01, longest_pause_seconds=0.02)
        async with AsyncRecommenderClient(target, retry=retry) as client:
            await client.model_status()

    with socket.socket() as unused:
        unused.bind(("localhost", 0))
        target = f"localhost:{unused.getsockname()[1]}"
        with pytest.raises(ServerUnavailableError, match=f"No model server answers at {target}"):
            asyncio.run(question())
