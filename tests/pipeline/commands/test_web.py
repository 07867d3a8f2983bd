"""`movielens web`: what it listens on and asks, and how it ends. `tests/web` has the pages."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import main

ROOT = Path(__file__).parents[3]


def test_make_run_ends_by_naming_it() -> None:
    told = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "run", "OUTPUT=runs/x"],
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


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_names_its_address_answers_there_alone_and_stops_on_a_signal(
    stop: signal.Signals, taken_port: int
) -> None:
    command = [sys.executable, "-m", "pipeline.cli", "web", "--port=0", "--timeout=5"]
    with subprocess.Popen(
        [*command, "--server=127.0.0.1:1"], stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stderr is not None
        found = re.search(r"at http://localhost:(\d+)/ and asks 127", process.stderr.readline())
        assert found is not None
        with pytest.raises(urllib.error.HTTPError, match="503") as raised:
            urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/")
        assert "No model server answers at 127.0.0.1:1" in raised.value.read().decode()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", int(found[1])))
        process.send_signal(stop)
        assert process.stderr.read() == "Stopped\n"
    assert process.returncode == 0
