"""The embedded server in a process of its own: for demonstrations, tests and the canary."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Final, Self

from serving.errors import ModelNotLoadedError, ServerStartError

_LISTENING: Final = re.compile(r"Listening on port (\d+)")
_STOP_SECONDS: Final = 35.0  # more than the server takes to finish the requests in flight
_LAST_LINES: Final = 5


class ServerProcess:
    """Runs `python -m serving.server` on a free port while the `with` block runs.

    The server does not outlive this process, not even one that is killed.

    Attributes:
        port: the gRPC port, known inside the `with` block.
    """

    def __init__(
        self,
        model_base_path: Path,
        *,
        model_name: str,
        log_path: Path,
        flags: Sequence[str] = (),
        start_seconds: float = 60.0,
    ) -> None:
        """Prepares the process.

        Args:
            model_base_path: the folder that holds one folder a version.
            model_name: the name that requests use.
            log_path: the file that takes the server's log.
            flags: further flags of the server, such as `--grpc_max_threads=2`.
            start_seconds: how long to wait for the port to open.
        """
        self._command = [
            *(sys.executable, "-m", "serving.server", "--port=0", "--stop_when_stdin_closes"),
            *(f"--model_name={model_name}", f"--model_base_path={model_base_path}", *flags),
        ]
        self._log_path = log_path
        self._start_seconds = start_seconds
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    @property
    def target(self) -> str:
        """`host:port`, for a client."""
        return f"localhost:{self.port}"

    @property
    def process_id(self) -> int:
        """The server's process id, inside the `with` block."""
        return self._running().pid

    @property
    def exit_code(self) -> int | None:
        """What the server ended with; None while it runs."""
        return self._running().poll()

    def __enter__(self) -> Self:
        """Starts the server and waits until it listens.

        Raises:
            ModelNotLoadedError: the model cannot be loaded, brings the process down, or takes more
                than `start_seconds`.
            ServerStartError: the server does not start, for another reason.
        """
        with self._log_path.open("w") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,  # closes with this process, and the server stops with it
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=_environment(),
            )
        try:
            self.port = self._await_port(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """Asks the server to finish its requests and end; kills it where it does not.

        Returns:
            The exit code.
        """
        process = self._running()
        process.terminate()
        try:
            return process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _await_port(self, process: "subprocess.Popen[str]") -> int:
        ports: Queue[int | None] = Queue()
        threading.Thread(target=_watch_for_port, args=(process, ports), daemon=True).start()
        try:
            port = ports.get(timeout=self._start_seconds)
        except Empty:
            raise ModelNotLoadedError(
                f"The model server did not listen within {self._start_seconds:g} s. Is there a "
                f"version in the model's folder? Its log: {self._log_path}"
            ) from None
        if port is None:
            exit_code = process.wait()
            last_lines = self._log_path.read_text().splitlines()[-_LAST_LINES:]
            # A signal that ended it (a negative code) came of what it did: it loaded the model.
            is_of_model = exit_code < 0 or exit_code == ModelNotLoadedError.exit_code
            kind = ModelNotLoadedError if is_of_model else ServerStartError
            raise kind(
                f"The model server ended with exit code {exit_code} before it listened. Its "
                f"log, {self._log_path}, ends with: {' / '.join(last_lines)}"
            )
        return port

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None:
            raise RuntimeError("The server runs inside the `with` block only.")
        return self._process


def _environment() -> dict[str, str]:
    """This process's environment, with this package where the server's Python finds it."""
    search_path = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, search_path))}


def _watch_for_port(process: "subprocess.Popen[str]", ports: "Queue[int | None]") -> None:
    """Puts the port once the server tells it, or None where it ends before."""
    if process.stdout is None:
        raise RuntimeError("The server's output is not piped.")
    for line in process.stdout:
        if found := _LISTENING.search(line):
            ports.put(int(found[1]))
            return
    ports.put(None)
