import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from serving.client import RecommenderClient
from serving.server_process import ServerProcess
from tests.serving.certificates import Authority
from tests.serving.toy_models import toy_models
from tests.support.grpc_stubs import MODEL_NAME, models, predict_request, predictions

Push = Callable[[int, int], Path]
RunServer = Callable[..., ServerProcess]

__all__ = ["models", "predict_request", "predictions"]

FAST_FLAGS = ("--file_system_poll_wait_seconds=0.1", "--max_num_load_retries=0")


@pytest.fixture(scope="session")
def saved_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the versions 1 and 2 of the toy recommender; tests copy what they change."""
    return toy_models(tmp_path_factory.getbasetemp() / "toy_models")


@pytest.fixture
def base_path(saved_models: Path, tmp_path: Path) -> Path:
    """A model's folder with version 1 in it, for a test to change."""
    folder = tmp_path / "models"
    shutil.copytree(saved_models / "1", folder / "1")
    return folder


@pytest.fixture
def push(saved_models: Path, base_path: Path) -> Push:
    """Pushes a copy of a built version under a number, as the Pusher does: aside, then renamed."""

    def push_version(built: int, number: int) -> Path:
        aside = base_path / f"{number}.pushing"
        shutil.copytree(saved_models / str(built), aside)
        return aside.rename(base_path / str(number))

    return push_version


@pytest.fixture
def run_server(base_path: Path, tmp_path: Path) -> Iterator[RunServer]:
    """Starts servers on `base_path`; they stop with the test."""
    running: list[ServerProcess] = []

    def start(*flags: str) -> ServerProcess:
        log_path = tmp_path / f"server-{len(running)}.log"
        server = ServerProcess(
            base_path, model_name=MODEL_NAME, log_path=log_path, flags=[*FAST_FLAGS, *flags]
        )
        running.append(server.__enter__())
        return server

    yield start
    for server in running:
        server.stop()


@pytest.fixture(scope="session")
def server(saved_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server on version 2, for every test that changes nothing."""
    log_path = tmp_path_factory.mktemp("server") / "server.log"
    with ServerProcess(saved_models, model_name=MODEL_NAME, log_path=log_path) as process:
        yield process


@pytest.fixture(scope="session")
def channel(server: ServerProcess) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.target) as opened:
        yield opened


@pytest.fixture
def client(server: ServerProcess) -> Iterator[RecommenderClient]:
    with RecommenderClient(server.target) as opened:
        yield opened


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Signs the certificates of the tests for TLS."""
    return Authority()
