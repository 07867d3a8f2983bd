"""A throw-away PostgreSQL server.

python -m deploy.local_servers.postgresql airflow     # prints the URL, runs until Ctrl-C
"""

import argparse
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from deploy.local_servers.debian_packages import MissingPackageError, environment, find_folder
from deploy.local_servers.processes import (
    ServerError,
    as_user,
    end_of_log,
    free_port,
    temporary_folder,
    unprivileged_user,
)

USER: Final = "movielens"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0
# What is thrown away need not survive a power cut.
_SETTINGS: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresqlServer:
    """Runs PostgreSQL on a free port of loopback while the `with` block runs.

    Every connection needs the password, which is a new one for each server: other users of the
    machine reach loopback too. Root's server runs as `postgres` or `nobody`, for PostgreSQL refuses
    root.

    Attributes:
        port: the TCP port, known inside the `with` block.
        user: a superuser.
        password: of that user.
    """

    def __init__(self, log: Path) -> None:
        """Prepares the server.

        Args:
            log: the file that takes the server's log; its folder must exist.

        Raises:
            MissingPackageError: PostgreSQL is not installed.
        """
        self.port = 0
        self.user = USER
        self.password = secrets.token_urlsafe(24)
        self._log = log
        self._programs = find_folder("usr/lib/postgresql/*/bin", "initdb", package="postgresql")
        self._environment = {**environment(self._programs), "PGPASSWORD": self.password}
        self._runs_as = unprivileged_user("postgres", "nobody")
        self._process: subprocess.Popen[bytes] | None = None
        self._cleanup = contextlib.ExitStack()

    def url(self, database: str) -> str:
        """Returns the address of a database, as SQLAlchemy takes it."""
        return f"postgresql+psycopg2://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> None:
        """Makes an empty database.

        Raises:
            ServerError: there is one of that name.
        """
        self._run("createdb", *self._address(), name)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(temporary_folder("postgresql", self._runs_as))
            self.port = free_port()
            self._initialise(folder)
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

    def _initialise(self, folder: Path) -> None:
        password_file = folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password, encoding="ascii")
        if self._runs_as is not None:
            os.chown(password_file, self._runs_as.pw_uid, self._runs_as.pw_gid)
        self._run(
            *("initdb", "--auth=scram-sha-256", f"--username={self.user}", "--encoding=UTF8"),
            *("--locale=C.UTF-8", "--no-sync", f"--pwfile={password_file}"),
            str(folder / "data"),
        )
        password_file.unlink()

    def _start(self, folder: Path) -> "subprocess.Popen[bytes]":
        settings = [f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", *_SETTINGS]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [
                    *(self._programs / "postgres", "-D", folder / "data", "-p", str(self.port)),
                    *(part for setting in settings for part in ("-c", setting)),
                ],
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
        while (
            self._program("pg_isready", "--quiet", "--dbname=postgres", *self._address()).returncode
            != 0
        ):
            process = self._running()
            if process.poll() is not None:
                raise ServerError(
                    f"PostgreSQL ended with exit code {process.returncode} before it was ready. "
                    f"Its log, {self._log}, ends with: {end_of_log(self._log)}"
                )
            if time.monotonic() > deadline:
                raise ServerError(
                    f"PostgreSQL was not ready within {_START_SECONDS:g} s. Its log, {self._log}, "
                    f"ends with: {end_of_log(self._log)}"
                )
            time.sleep(0.1)

    def _stop(self) -> None:
        process = self._running()
        process.send_signal(signal.SIGINT)  # its "fast shutdown": open connections are closed
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)  # "immediate": what is thrown away may be torn
            process.wait()

    def _address(self) -> tuple[str, ...]:
        return ("--host=127.0.0.1", f"--port={self.port}", f"--username={self.user}")

    def _run(self, program: str, *arguments: str) -> None:
        done = self._program(program, *arguments)
        if done.returncode != 0:
            said = " / ".join((done.stderr or done.stdout).strip().splitlines())
            raise ServerError(f"PostgreSQL's {program} failed: {said}")

    def _program(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self._programs / program, *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env=self._environment,
            **as_user(self._runs_as),
        )

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError("The server runs inside the `with` block only.")
        return self._process


def main() -> int:
    """Runs a server with one database until it is interrupted.

    Returns:
        The exit code: 0 when stopped by Ctrl-C or SIGTERM, 1 where the server does not start.
    """
    parser = argparse.ArgumentParser(description="Runs a throw-away PostgreSQL server.")
    parser.add_argument("database", help="the database to make, such as airflow")
    parser.add_argument("--log", type=Path, default=Path("postgresql.log"), metavar="FILE")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with PostgresqlServer(args.log) as server:
            server.create_database(args.database)
            print(server.url(args.database), flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except (MissingPackageError, ServerError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
