"""`movielens web`: what it listens on and asks, and how it ends. `tests/web` has the pages."""

import http.client
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from pipeline.cli import main

ROOT = Path(__file__).parents[3]


def test_make_run_ends_by_naming_it() -> None:
    told = subprocess.run(
        ["/usr/bin/env", "make", "--dry-run", "--no-print-directory", "run", "OUTPUT=runs/x"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert told.stdout.splitlines()[-1] == (
        'echo "To try it in a browser: .venv/bin/movielens serve --output runs/x & '
        '.venv/bin/movielens web"'
    )


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--port=65536"], "--port must be between 0 and 65535. Received: 65536"),
        (["--timeout=0"], "timeout must be a positive number of seconds. Received: 0.0"),
        (["--tls_key=x"], "A client's certificate needs its key and the other way round"),
        (["--host="], "argument --host: should not be blank"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(
    flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["web", *flags]) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert len(printed.splitlines()) == 1


def test_a_port_that_is_taken_is_one_line_and_exit_code_1(
    taken_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["web", f"--port={taken_port}"]) == 1
    printed = capsys.readouterr().err
    assert f"Cannot listen on localhost:{taken_port}: Address already in use" in printed
    assert "name another --host or --port" in printed
    assert len(printed.splitlines()) == 1


@contextmanager
def running() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command in a process of its own, with no model server to ask; and its port."""
    command = [sys.executable, "-m", "pipeline.cli", "web", "--port=0", "--server=127.0.0.1:1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"The page is at http://localhost:(\d+)/ and asks 127\.0\.0\.1:1", line)
        assert found is not None
        try:
            yield process, int(found[1])
        finally:
            process.terminate()


def answer_to(port: int) -> tuple[int, str]:
    """Status and text."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_on_a_signal(stop: signal.Signals) -> None:
    with running() as (process, _):
        process.send_signal(stop)
        assert process.stderr is not None
        assert process.stderr.read() == "Stopped\n"
    assert process.returncode == 0


def test_it_answers_on_this_machine_alone_and_within_bounds() -> None:
    with running() as (_, port):
        status, text = answer_to(port)
        assert status == 503
        assert "No model server answers at 127.0.0.1:1" in text
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port))
        with ExitStack() as idle:
            for _ in range(100):
                idle.enter_context(socket.create_connection(("127.0.0.1", port)))
            assert answer_to(port) == (503, "Service Unavailable")
