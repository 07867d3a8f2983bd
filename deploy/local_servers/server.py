"""The life of a throw-away server: created, started, waited for, stopped, and removed."""

import contextlib
import os
import pwd
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Self, TypeVar

from deploy.local_servers.debian_packages import environment

_USER: Final = "movielens"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0
_LAST_LINES: Final = 5
Found = TypeVar("Found")


class ServerError(RuntimeError):
    """A throw-away server did not start, or one of its programs failed."""


class LocalServer(contextlib.ExitStack, ABC):
    """Runs a server on a free port of loopback while the `with` block runs.

    Every connection needs the password, because other users of the machine reach loopback too.
    `user` has all rights. `port` is known inside the block.
    """

    title: ClassVar[str]  # its name for people
    stop_signal: ClassVar[signal.Signals]  # makes it close open connections and end
    kill_signal: ClassVar[signal.Signals]  # ends it if that takes too long

    def __init__(self, log: Path, programs: Path, system_users: Sequence[str]) -> None:
        """Prepares a server that writes to `log` and whose programs are in the folder `programs`.

        If this process is root's, the server runs as the first of the `system_users` that exists,
        because database servers refuse to run as root.
        """
        super().__init__()
        self.port = 0
        self.user = _USER
        self.password = secrets.token_urlsafe(24)
        self._log = log
        self._programs = programs
        self._environment = environment(programs)
        self._as_user = _subprocess_user(system_users)

    @abstractmethod
    def create_files(self, folder: Path) -> None:
        """Creates the server's files in an empty folder."""

    @abstractmethod
    def command(self, folder: Path) -> Sequence[str | Path]:
        """Returns the command line that starts the server on a folder."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Returns whether the server accepts connections."""

    def __enter__(self) -> Self:
        try:
            # Directly below /tmp, because the server's user may not pass through other folders.
            folder = Path(
                self.enter_context(
                    tempfile.TemporaryDirectory(prefix=f"movielens-{self.title.lower()}-")
                )
            )
            self.give_to_server(folder)
            self.port = free_port()
            self.create_files(folder)
            command, environment = self.command(folder), self._environment
            process = start_process(command, self._log, environment, cwd=folder, **self._as_user)
            self.callback(self._stop, process)
            wait_for(f"answer of {self.title}", lambda: self._look(process), seconds=_START_SECONDS)
        except BaseException:
            self.close()
            raise
        return self

    def give_to_server(self, path: Path) -> None:
        """Makes the server's user the owner of a file or folder."""
        if self._as_user:
            os.chown(path, self._as_user["user"], self._as_user["group"])

    def run_program(self, program: str | Path, *arguments: str) -> None:
        """Runs one of the server's programs to its end; a ServerError if it fails."""
        run_to_end(
            f"{self.title}'s {program}",
            [self._programs / program, *arguments],
            self._environment,
            cwd="/",
            **self._as_user,
        )

    def _look(self, process: "subprocess.Popen[bytes]") -> bool:
        check_running(self.title, process, self._log)
        return self.is_ready()

    def _stop(self, process: "subprocess.Popen[bytes]") -> None:
        process.send_signal(self.stop_signal)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(self.kill_signal)
            process.wait()


def free_port() -> int:
    """Returns a port of the loopback interface that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(
    what: str, look: Callable[[], Found | None], *, seconds: float, every: float = 0.1
) -> Found:
    """Calls `look` until it returns something true, or raises a ServerError that names `what`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise ServerError(f"There was no {what} within {seconds:g} s")
        time.sleep(every)
    return found


def run_to_end(
    name: str, command: Sequence[str | Path], environment: Mapping[str, str], **options: Any
) -> None:
    """Runs a program to its end; a ServerError with its last lines if it fails.

    `options` are further ones of `subprocess.run`.
    """
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        **options,
    )
    if done.returncode != 0:
        raise ServerError(f"{name} failed: {_last_lines(done.stderr or done.stdout)}")


def start_process(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str], **options: Any
) -> "subprocess.Popen[bytes]":
    """Starts a server that appends to a log and that Ctrl-C does not reach.

    `options` are further ones of `subprocess.Popen`.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
            **options,
        )


def check_running(name: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Raises a ServerError if a server's process has ended."""
    if process.poll() is not None:
        raise ServerError(
            f"{name} ended with exit code {process.returncode}. Its log, {log}, ends with: "
            f"{_last_lines(log.read_text(encoding='utf-8', errors='replace'))}"
        )


def _last_lines(text: str) -> str:
    lines = text.strip().splitlines()[-_LAST_LINES:]
    return " / ".join(line.strip() for line in lines) or "(empty)"


def _subprocess_user(names: Sequence[str]) -> dict[str, Any]:
    """Returns the arguments by which `subprocess` runs a program as another user than root."""
    if os.geteuid() != 0:
        return {}
    users = {user.pw_name: user for user in pwd.getpwall()}
    for name in names:
        if user := users.get(name):
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise ServerError(
        f"Database servers refuse to run as root. Expected a user {' or '.join(names)}"
    )
