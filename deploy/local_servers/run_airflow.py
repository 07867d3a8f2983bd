"""Starts Airflow, waits for a scheduled run of the pipeline, shows its tasks, stops everything.

    python -m deploy.local_servers.run_airflow --output output            # what `make airflow` does
    python -m deploy.local_servers.run_airflow --release 3 --config my.toml --stay

PostgreSQL and Airflow's services are thrown away at the end. The output of the pipeline stays.
"""

import argparse
import json
import secrets
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Final

from deploy.local_servers.airflow import AIRFLOW_2, RELEASES, AirflowServer, dag_environment
from deploy.local_servers.airflow_database import ENDED, DagRun, TaskState
from deploy.local_servers.debian_packages import MissingPackageError
from deploy.local_servers.server import ServerError
from pipeline.config import PipelineConfig, load_config
from pipeline.errors import EXIT_INTERRUPTED, MovieLensError
from pipeline.run.record import SUMMARY_FILE
from pipeline.runners.scheduled import check_paths

_READ_SECONDS: Final = 600.0
_SHOWN: Final = (*ENDED, "up_for_retry", "upstream_failed")
_RUN_SECONDS: Final = 6 * 3600.0
_say: Final = partial(print, flush=True)


def main() -> int:
    """Runs the pipeline under Airflow once; returns 0 if all tasks of the run succeeded."""
    args = _parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        file = args.config.absolute() if args.config else _write_config(args.output.absolute())
        config = load_config(file)
        check_paths(config)
        return _run_once(args.release, file, config, stay=args.stay)
    except MovieLensError as error:
        _say(f"error: {error}")
        return error.exit_code
    except (MissingPackageError, ServerError) as error:
        _say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        _say("stopped")
        return EXIT_INTERRUPTED


def await_run(server: AirflowServer, dag_id: str) -> DagRun:
    """Unpauses a DAG as soon as Airflow has read it, and waits for its first scheduled run."""
    database = server.database
    database.wait_for("DAG", lambda: database.has_dag(dag_id), seconds=_READ_SECONDS)
    server.airflow("dags", "unpause", dag_id)
    return database.wait_for(
        "scheduled run", lambda: next(iter(database.runs(dag_id)), None), seconds=_READ_SECONDS
    )


def follow_run(server: AirflowServer, dag_id: str, run_id: str, *, seconds: float) -> DagRun:
    """Shows each task of a run when it ends, and returns the run when it has ended."""
    shown: set[tuple[str, str | None, int]] = set()

    def look() -> DagRun | None:
        server.check()
        (run,) = (each for each in server.database.runs(dag_id) if each.id == run_id)
        for task in server.database.tasks(dag_id, run_id):
            event = (task.id, task.state, task.tries)
            if task.state in _SHOWN and event not in shown:
                shown.add(event)
                _say(_line(task))
        return run if run.state in ENDED else None

    return server.database.wait_for(f"end of run {run_id}", look, seconds=seconds)


def _run_once(number: str, file: Path, config: PipelineConfig, *, stay: bool) -> int:
    release, dag_id = RELEASES[number], config.pipeline.name
    home = config.output / f"airflow{number}"
    _say(f"starting PostgreSQL and Airflow {number}, files and logs in {home}")
    environment = dag_environment(release, file, home)
    with AirflowServer(release, home, environment) as server:
        _say(f"Airflow {number} is up; it reads the DAG {dag_id}")
        if stay:
            password = _add_admin(server) if release is AIRFLOW_2 else _read_password(home)
            _say(f"http://127.0.0.1:{server.port}, user admin, password {password}")
        run = await_run(server, dag_id)
        _say(f"run {run.id} ({run.type})")
        run = follow_run(server, dag_id, run.id, seconds=_RUN_SECONDS)
        _say(f"run {run.id}: {run.state}; its summary is {config.output / SUMMARY_FILE}")
        if stay:
            _say("up until Ctrl-C")
            signal.pause()
    return 0 if run.state == "success" else 1


def _add_admin(server: AirflowServer) -> str:
    password = secrets.token_urlsafe(12)
    server.airflow(
        *("users", "create", "--role", "Admin", "--username", "admin", "--password", password),
        *("--firstname", "Ad", "--lastname", "Min", "--email", "admin@localhost"),
    )
    return password


def _read_password(home: Path) -> str:
    """Returns the password of `admin`, which Airflow 3's simple authentication has made."""
    file = home / "simple_auth_manager_passwords.json.generated"
    password: str = json.loads(file.read_text(encoding="utf-8"))["admin"]
    return password


def _line(task: TaskState) -> str:
    took = "" if task.seconds is None else f"{task.seconds:6.1f} s"
    tried = "" if task.tries <= 1 else f"  (try {task.tries})"
    return f"{task.id:<20} {task.state:<15} {took}{tried}"


def _write_config(output: Path) -> Path:
    """Writes the least configuration that a scheduler needs: an absolute output folder."""
    output.mkdir(parents=True, exist_ok=True)
    file = output / "airflow.toml"
    file.write_text(f"[pipeline]\noutput = {json.dumps(str(output))}\n", encoding="utf-8")
    return file


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run_airflow",
        description="Starts Airflow, waits for a scheduled run and shows its tasks.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--release", choices=RELEASES, default="2", help="of Airflow [2]")
    add("--config", type=Path, metavar="FILE", help="a TOML file; see configs/")
    add("--output", type=Path, default=Path("output"), metavar="DIR", help="without --config")
    add("--stay", action="store_true", help="stay up after the run, until Ctrl-C")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
