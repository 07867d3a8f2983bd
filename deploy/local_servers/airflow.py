"""Airflow, 2 or 3, on a throw-away PostgreSQL server, with all its services."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

from deploy.local_servers.airflow_database import DATABASE, AirflowDatabase
from deploy.local_servers.airflow_releases import ROOT, AirflowRelease
from deploy.local_servers.postgresql import PostgresqlServer
from deploy.local_servers.processes import ServerError, end_of_log, free_port

_START_SECONDS: Final = 300.0
_STOP_SECONDS: Final = 20.0


class AirflowServer:
    """Runs Airflow's services while the `with` block runs.

    Attributes:
        port: the web server's, on loopback.
        database: what Airflow knows of runs and tasks.
    """

    def __init__(self, release: AirflowRelease, home: Path, environment: Mapping[str, str]) -> None:
        """Prepares the services.

        Args:
            release: which Airflow.
            home: the folder for its files and logs; made where missing.
            environment: variables for the DAG file and its tasks.

        Raises:
            ServerError: Airflow is not installed.
            MissingPackageError: PostgreSQL is not.
        """
        if not release.program.is_file():
            raise ServerError(f"Airflow is not installed: there is no {release.program}")
        self.port = 0
        self._release = release
        self._logs = home / "server_logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._postgresql = PostgresqlServer(self._logs / "postgresql.log")
        self._environment = {**os.environ, **_settings(release, home), **environment}
        self._services: dict[str, subprocess.Popen[bytes]] = {}
        self._cleanup = contextlib.ExitStack()

    @property
    def database(self) -> AirflowDatabase:
        """What Airflow knows of runs and tasks."""
        return AirflowDatabase(self._postgresql)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._postgresql)
            self._postgresql.create_database(DATABASE)
            self.port = free_port()
            self._environment |= {
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self._postgresql.url(DATABASE),
                **{
                    name: value.format(port=self.port)
                    for name, value in self._release.settings.items()
                },
            }
            self.airflow("db", "migrate")
            stack.callback(self._stop)
            for name, arguments in self._release.services.items():
                self._services[name] = self._start(name, arguments)
            self._wait_until_healthy()
            self._cleanup = stack.pop_all()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    def airflow(self, *arguments: str) -> None:
        """Runs a command of Airflow's own.

        Raises:
            ServerError: it failed.
        """
        log = self._logs / f"airflow-{arguments[0]}.log"
        with log.open("ab") as output:
            done = subprocess.run(
                [self._release.program, *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment,
            )
        if done.returncode != 0:
            command = " ".join(arguments)
            raise ServerError(f"airflow {command} failed. Its log, {log}: {end_of_log(log)}")

    def check(self) -> None:
        """Looks whether all services run.

        Raises:
            ServerError: one has ended.
        """
        for name, process in self._services.items():
            if process.poll() is not None:
                log = self._log(name)
                raise ServerError(
                    f"Airflow's {name} ended with exit code {process.returncode}. Its log, {log}, "
                    f"ends with: {end_of_log(log)}"
                )

    def _start(self, name: str, arguments: tuple[str, ...]) -> "subprocess.Popen[bytes]":
        with self._log(name).open("ab") as log:
            return subprocess.Popen(
                [self._release.program, *(each.format(port=self.port) for each in arguments)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is for us to answer
            )

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_healthy():
            self.check()
            if time.monotonic() > deadline:
                raise ServerError(
                    f"Airflow was not ready within {_START_SECONDS:g} s; its logs are in "
                    f"{self._logs}"
                )
            time.sleep(0.5)

    def _is_healthy(self) -> bool:
        url = f"http://127.0.0.1:{self.port}{self._release.health}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                told = json.load(answer)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return bool(told["scheduler"]["status"] == "healthy")

    def _stop(self) -> None:
        """Asks services, and the tasks that they run, to end; kills those that do not."""
        processes = []
        for service in self._services.values():
            with contextlib.suppress(psutil.NoSuchProcess):
                parent = psutil.Process(service.pid)
                processes += [parent, *parent.children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(processes, _STOP_SECONDS)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for service in self._services.values():
            service.wait()


def _settings(release: AirflowRelease, home: Path) -> dict[str, str]:
    """The settings that do not depend on where the servers listen."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(release.dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__FERNET_KEY": "",
        # Loading TFX on a busy machine takes longer than Airflow's 30 s.
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
        "AIRFLOW__CORE__DAG_FILE_PROCESSOR_TIMEOUT": "360",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "AIRFLOW__WEBSERVER__SECRET_KEY": secrets.token_hex(16),
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])),
    }
