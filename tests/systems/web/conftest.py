"""`movielens web` on a model server, and a browser to look at it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serving.server_process import ServerProcess
from tests.serving.rest_port import free_port
from tests.serving.toy_models import toy_models
from tests.support.browser import browser, visit
from tests.support.grpc_stubs import MODEL_NAME

__all__ = ["browser", "visit"]  # fixtures

ROOT = Path(__file__).parents[3]


@pytest.fixture
def models(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The served folder with version 1 of the toy recommender."""
    built = toy_models(tmp_path_factory.getbasetemp() / "toy_models")
    shutil.copytree(built / "1", tmp_path / "models" / "1")
    return tmp_path / "models"


@pytest.fixture
def model_server(models: Path, tmp_path: Path) -> Iterator[ServerProcess]:
    """A model server that can be stopped and started again at its address."""
    flags = (f"--port={free_port()}", "--file_system_poll_wait_seconds=0.1")
    process = ServerProcess(
        models, model_name=MODEL_NAME, log_path=tmp_path / "server.log", flags=flags
    )
    with process:
        yield process


@contextmanager
def page_about(target: str) -> Iterator[str]:
    """Runs `movielens web` on the model server at `target`; gives the page's address."""
    command = [sys.executable, "-m", "pipeline.cli", "web", "--port=0", f"--server={target}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr is not None
        found = re.search(r"http://\S+/", process.stderr.readline())
        assert found is not None
        try:
            yield found[0].removesuffix("/")
        finally:
            process.terminate()


@pytest.fixture
def address(model_server: ServerProcess) -> Iterator[str]:
    with page_about(model_server.target) as found:
        yield found
