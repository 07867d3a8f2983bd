"""`movielens web` on a model server, and a browser to look at it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from deploy.local_servers.debian_packages import environment, find_folder
from serving.server_process import ServerProcess
from tests.serving.rest_port import free_port
from tests.serving.toy_models import toy_models
from tests.support.grpc_stubs import MODEL_NAME

Visit = Callable[..., Page]

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    programs = find_folder("usr/lib/chromium", "chromium", package="chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=programs / "chromium",
            env=dict(environment(programs)),
            chromium_sandbox=False,  # which root cannot use
        )


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


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens an address in a browser of its own, which must neither complain nor look elsewhere."""
    problems: list[str] = []
    with ExitStack() as stack:

        def open_page(address: str, path: str = "/", **options: Any) -> Page:
            def watch(request: Request) -> None:
                if not request.url.startswith(address):
                    problems.append(request.url)

            context = stack.enter_context(browser.new_context(**options))
            page = context.new_page()
            page.on("console", lambda message: problems.append(message.text))
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("dialog", lambda dialog: problems.append(dialog.message))
            page.on("request", watch)
            page.goto(address + path)
            return page

        yield open_page
        assert problems == []
