"""The application in the test's own process, asked without a network."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from serving.client import AsyncRecommenderClient, RetryPolicy
from serving.server_process import ServerProcess
from tests.serving.toy_models import toy_models
from tests.support.grpc_stubs import MODEL_NAME
from web.application import create_application

Get = Callable[..., httpx.Response]

GENRES = ("Animation", "Comedy", "Sci-Fi")


@contextmanager
def visitor(target: str, **options: Any) -> Iterator[Get]:
    """Somebody who gets pages about the model at `target`, and keeps cookies between them."""

    async def client_of_application() -> tuple[AsyncRecommenderClient, httpx.AsyncClient]:
        client = AsyncRecommenderClient(target, retry=RetryPolicy(attempts=1), **options)
        transport = httpx.ASGITransport(create_application(client, genres=GENRES))
        return client, httpx.AsyncClient(transport=transport, base_url="http://localhost")

    with asyncio.Runner() as runner:
        client, http = runner.run(client_of_application())
        yield lambda path, *, method="GET", headers=None, **query: runner.run(
            http.request(method, path, headers=headers, params=query or None)
        )
        runner.run(http.aclose())
        runner.run(client.close())


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The embedded server with version 2 of the toy recommender."""
    models = toy_models(tmp_path_factory.getbasetemp() / "toy_models")
    log_path = tmp_path_factory.mktemp("web") / "server.log"
    with ServerProcess(models, model_name=MODEL_NAME, log_path=log_path) as process:
        yield process


@pytest.fixture
def get(server: ServerProcess) -> Iterator[Get]:
    """A visitor to the embedded server's model."""
    with visitor(server.target) as opened:
        yield opened
