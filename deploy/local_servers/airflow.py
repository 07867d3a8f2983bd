"""Airflow, 2 or 3, on a throw-away PostgreSQL server, with all its services."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import psutil

from deploy.local_servers.airflow_database import DATABASE, AirflowDatabase
from deploy.local_servers.postgresql import PostgresqlServer
from deploy.local_servers.server import (
    ServerError,
    check_running,
    free_port,
    run_to_end,
    start_process,
    wait_for,
)
from pipeline.runners.scheduled import CONFIG_VARIABLE

ROOT: Final = Path(__file__).resolve().parents[2]
_MOVIELENS: Final = ROOT / ".venv" / "bin" / "movielens"
_START_SECONDS: Final = 300.0
_STOP_SECONDS: Final = 20.0


@dataclass(frozen=True, kw_only=True)
class AirflowRelease:
    """What differs between the releases of Airflow; `{port}` is the web server's port."""

    program: Path  # the `airflow` program
    dags: Path  # the folder of DAG files
    services: Mapping[str, tuple[str, ...]]  # the arguments of each service by its name
    health: str  # the web server's path that reports whether the services are healthy
    settings: Mapping[str, str]  # further environment variables


AIRFLOW_2: Final = AirflowRelease(
    program=ROOT / ".venv" / "bin" / "airflow",
    dags=ROOT / "deploy" / "airflow",
    services={
        "scheduler": ("scheduler",),
        "webserver": ("webserver", "--port", "{port}", "--workers", "1"),
    },
    health="/health",
    settings={
        "AIRFLOW__CORE__EXECUTOR": ("pipeline.runners.preloading_executor.PreloadingLocalExecutor"),
        "GUNICORN_CMD_ARGS": "--no-control-socket",  # it would be in the user's home
        "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
        "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "600",
        "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "300",
    },
)
AIRFLOW_3: Final = AirflowRelease(
    program=ROOT / ".venv-airflow3" / "bin" / "airflow",
    dags=ROOT / "deploy" / "airflow3",
    services={
        "api-server": ("api-server", "--host", "127.0.0.1", "--port", "{port}", "--workers", "1"),
        "dag-processor": ("dag-processor",),
        "scheduler": ("scheduler",),
    },
    health="/api/v2/monitor/health",
    settings={"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://127.0.0.1:{port}/execution/"},
)
RELEASES: Final = {"2": AIRFLOW_2, "3": AIRFLOW_3}


def dag_environment(release: AirflowRelease, config: Path, folder: Path) -> dict[str, str]:
    """Returns the environment variables that the DAG file of a release reads.

    Airflow 3 reads a graph that is compiled into `folder`; a ServerError if that fails.
    """
    if release is not AIRFLOW_3:
        return {CONFIG_VARIABLE: str(config)}
    graph = folder / "graph.json"
    folder.mkdir(parents=True, exist_ok=True)
    options = ("--config", config, "--output", graph)
    run_to_end(
        "movielens compile", [_MOVIELENS, "compile", "--target", "airflow3", *options], os.environ
    )
    return {
        CONFIG_VARIABLE: str(config),
        "MOVIELENS_GRAPH": str(graph),
        "MOVIELENS_PROGRAM": str(_MOVIELENS),
    }


class AirflowServer(contextlib.ExitStack):
    """Runs Airflow's services while the `with` block runs; its web server is on `port`."""

    def __init__(self, release: AirflowRelease, home: Path, environment: Mapping[str, str]) -> None:
        """Prepares the services; `home`, made if missing, is for Airflow's files and logs.

        The `environment` is for the DAG file and its tasks.
        """
        if not release.program.is_file():
            raise ServerError(f"Airflow is not installed: there is no {release.program}")
        super().__init__()
        self.port = 0
        self._release = release
        self._logs = home / "server_logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._postgresql = PostgresqlServer(self._logs / "postgresql.log")
        self._environment = {**os.environ, **_settings(release, home), **environment}
        self._services: dict[str, subprocess.Popen[bytes]] = {}
        self.database = AirflowDatabase(self._postgresql)

    def __enter__(self) -> Self:
        try:
            self.enter_context(self._postgresql)
            self._postgresql.create_database(DATABASE)
            self.port = free_port()
            settings = self._release.settings.items()
            self._environment |= {
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self._postgresql.url(DATABASE),
                **{name: value.format(port=self.port) for name, value in settings},
            }
            self.airflow("db", "migrate")
            self.callback(self._stop)
            for name, arguments in self._release.services.items():
                command: list[str | Path] = [
                    self._release.program,
                    *(each.format(port=self.port) for each in arguments),
                ]
                log = self._logs / f"{name}.log"
                self._services[name] = start_process(command, log, self._environment)
            wait_for("healthy Airflow", self._is_healthy, seconds=_START_SECONDS, every=0.5)
        except BaseException:
            self.close()
            raise
        return self

    def airflow(self, *arguments: str) -> None:
        """Runs a command of Airflow; a ServerError if it fails."""
        name = f"airflow {' '.join(arguments)}"
        run_to_end(name, [self._release.program, *arguments], self._environment)

    def check(self) -> None:
        """Raises a ServerError if a service has ended."""
        for name, process in self._services.items():
            check_running(f"Airflow's {name}", process, self._logs / f"{name}.log")

    def _is_healthy(self) -> bool:
        self.check()
        url = f"http://127.0.0.1:{self.port}{self._release.health}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                health = json.load(answer)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return bool(health["scheduler"]["status"] == "healthy")

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
    """Returns the settings that do not depend on where the servers listen."""
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
