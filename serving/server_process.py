"""The embedded server in a process of its own: for demonstrations, tests and the canary."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from serving.errors import ModelNotLoadedError, ServerStartError

_LISTENING: Final = re.compile(r"Listening on port (\d+)")
_STOP_SECONDS: Final = 35.0  # more than the server takes to finish the requests in flight
_LAST_LINES: Final = 5


class ServerProcess:
    """Runs `python -m serving.server` on a free port while the `with` block runs.

    The server does not outlive this process, not even if this process is killed.

    Args:
        model_base_path: The folder that holds one folder a version.
        model_name: The name that requests use.
        log_path: The file that takes the server's log.
        flags: Further flags of the server, such as `--grpc_max_threads=2`.
        start_seconds: How long to wait for the gRPC port to open.
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

    def __enter__(self) -> Self:
        """Starts the server and waits until it listens; a ServerStartError if it does not.

        A ModelNotLoadedError if the model cannot be loaded, crashes the process, or takes more than
        `start_seconds`.
        """
        with self._log_path.open("w") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,  # closes with this process, and the server stops with it
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        try:
            self.port = self._await_port()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Ends the server, at first in good order, and returns its exit code."""
        with self._running() as process:  # closes its pipes
            process.terminate()
            try:
                return process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait()

    def _await_port(self) -> int:
        process, started = self._running(), time.monotonic()
        killer = threading.Timer(self._start_seconds, process.kill)
        killer.start()
        try:
            for line in process.stdout or ():
                if found := _LISTENING.search(line):
                    return int(found[1])
        finally:
            killer.cancel()
        exit_code = process.wait()
        if time.monotonic() - started >= self._start_seconds:
            raise ModelNotLoadedError(
                f"The model server did not listen within {self._start_seconds:g} s. Is there a "
                f"version in the model's folder? Its log: {self._log_path}"
            )
        last_lines = self._log_path.read_text().splitlines()[-_LAST_LINES:]
        # A signal that ended the server (a negative code) came while it loaded the model.
        is_of_model = exit_code < 0 or exit_code == ModelNotLoadedError.exit_code
        kind = ModelNotLoadedError if is_of_model else ServerStartError
        raise kind(
            f"The model server ended with exit code {exit_code} before it listened. Its log, "
            f"{self._log_path}, ends with: {' / '.join(last_lines)}"
        )

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None:
            raise RuntimeError("The server runs inside the `with` block only.")
        return self._process
