"""The life of a throw-away server: made, started, waited for, stopped, and gone without a trace."""

import contextlib
import secrets
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from pwd import struct_passwd
from types import TracebackType
from typing import ClassVar, Final, Self

from deploy.local_servers.debian_packages import environment
from deploy.local_servers.processes import (
    ServerError,
    as_user,
    end_of_log,
    free_port,
    temporary_folder,
)

USER: Final = "movielens"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0


class LocalServer(ABC):
    """Runs a server on a free port of loopback while the `with` block runs.

    Every connection needs the password, which is a new one for each server: other users of the
    machine reach loopback too.

    Attributes:
        port: the TCP port, known inside the `with` block.
        user: who may do everything.
        password: of that user.
    """

    title: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    """Makes the server close open connections and end."""
    kill_signal: ClassVar[signal.Signals]
    """Makes one that does not end do so: what is thrown away may be torn."""

    def __init__(self, log: Path, *, programs: Path, runs_as: struct_passwd | None) -> None:
        """Prepares the server.

        Args:
            log: the file that takes the server's log; its folder must exist.
            programs: the folder that the server's programs are in.
            runs_as: the user that they run as; None for this process's.
        """
        self.port = 0
        self.user = USER
        self.password = secrets.token_urlsafe(24)
        self._log = log
        self._programs = programs
        self._environment = dict(environment(programs))
        self._runs_as = runs_as
        self._process: subprocess.Popen[bytes] | None = None
        self._cleanup = contextlib.ExitStack()

    @abstractmethod
    def initialise(self, folder: Path) -> None:
        """Makes the server's files in an empty folder that is its user's."""

    @abstractmethod
    def command(self, folder: Path) -> Sequence[str | Path]:
        """Returns the command line that serves what is in the folder."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Says whether the server takes connections."""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(temporary_folder(self.title.lower(), self._runs_as))
            self.port = free_port()
            self.initialise(folder)
            self._process = self._start(folder)
            stack.callback(self._stop)
            self._wait_until_ready()
            self._cleanup = stack.pop_all()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    def run_program(self, program: str | Path, *arguments: str) -> None:
        """Runs a program of the server's to its end.

        Raises:
            ServerError: it failed.
        """
        done = self.try_program(program, *arguments)
        if done.returncode != 0:
            said = " / ".join((done.stderr or done.stdout).strip().splitlines())
            raise ServerError(f"{self.title}'s {program} failed: {said}")

    def try_program(
        self, program: str | Path, *arguments: str
    ) -> "subprocess.CompletedProcess[str]":
        """Runs a program of the server's to its end, well or not."""
        return subprocess.run(
            [self._programs / program, *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env=self._environment,
            **as_user(self._runs_as),
        )

    def _start(self, folder: Path) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self.command(folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env=self._environment,
                # Ctrl-C is for us to answer: the server must outlive its clients.
                start_new_session=True,
                **as_user(self._runs_as),
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_ready():
            process = self._running()
            if process.poll() is not None:
                raise ServerError(
                    f"{self.title} ended with exit code {process.returncode} before it was ready. "
                    f"Its log, {self._log}, ends with: {end_of_log(self._log)}"
                )
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self.title} was not ready within {_START_SECONDS:g} s. Its log, "
                    f"{self._log}, ends with: {end_of_log(self._log)}"
                )
            time.sleep(0.1)

    def _stop(self) -> None:
        process = self._running()
        process.send_signal(self.stop_signal)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(self.kill_signal)
            process.wait()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError("The server runs inside the `with` block only.")
        return self._process
