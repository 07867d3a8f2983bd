"""The releases of Airflow that the pipeline is scheduled by, and what each is told of it."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.local_servers.processes import ServerError
from pipeline.runners.scheduled import CONFIG_VARIABLE

ROOT: Final = Path(__file__).resolve().parents[2]
MOVIELENS: Final = ROOT / ".venv" / "bin" / "movielens"


@dataclass(frozen=True, kw_only=True)
class AirflowRelease:
    """What differs between the releases of Airflow.

    Attributes:
        program: the `airflow` program.
        dags: the folder of DAG files.
        services: by name, the arguments of each service; `{port}` is the web server's port.
        health: the path under which the web server says how the services are.
        settings: further settings, as environment variables; `{port}` likewise.
    """

    program: Path
    dags: Path
    services: Mapping[str, tuple[str, ...]]
    health: str
    settings: Mapping[str, str] = field(default_factory=dict)


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
        "GUNICORN_CMD_ARGS": "--no-control-socket",  # it would lie in the user's home
        "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
        "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "600",
        "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "300",
    },
)

AIRFLOW_3: Final = AirflowRelease(
    program=ROOT / ".venv-airflow3" / "bin" / "airflow",
    dags=ROOT / "deploy" / "airflow3",
    services={
        "api-server": (
            *("api-server", "--host", "127.0.0.1", "--port", "{port}", "--workers", "1"),
        ),
        "dag-processor": ("dag-processor",),
        "scheduler": ("scheduler",),
    },
    health="/api/v2/monitor/health",
    settings={"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://127.0.0.1:{port}/execution/"},
)
RELEASES: Final = {"2": AIRFLOW_2, "3": AIRFLOW_3}


def dag_environment(release: AirflowRelease, config: Path, folder: Path) -> dict[str, str]:
    """Makes what the DAG file of a release needs.

    Args:
        release: which Airflow.
        config: the pipeline's configuration file, absolute.
        folder: takes the compiled graph, where the release works with one; made where missing.

    Returns:
        Environment variables for Airflow.

    Raises:
        ServerError: the pipeline cannot be compiled.
    """
    if release is not AIRFLOW_3:
        return {CONFIG_VARIABLE: str(config)}
    graph = folder / "graph.json"
    folder.mkdir(parents=True, exist_ok=True)
    options = ("--config", str(config), "--output", str(graph))
    done = subprocess.run(
        [MOVIELENS, "compile", "--target", "airflow3", *options],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise ServerError(f"The pipeline could not be compiled: {done.stderr.strip()}")
    return {
        CONFIG_VARIABLE: str(config),
        "MOVIELENS_GRAPH": str(graph),
        "MOVIELENS_PROGRAM": str(MOVIELENS),
    }
