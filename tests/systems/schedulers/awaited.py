"""Waits for what a running Airflow comes to."""

from deploy.local_servers.airflow import AirflowServer
from deploy.local_servers.airflow_database import DagRun

DAG_ID = "movielens"
SECONDS = 2400.0


def await_run_after(server: AirflowServer, earlier: int) -> DagRun:
    """Waits for a run that comes after a number of earlier ones."""
    return server.database.wait_for(
        f"run {earlier + 1}",
        lambda: next(iter(server.database.runs(DAG_ID)[earlier:]), None),
        seconds=SECONDS,
    )


def await_state(server: AirflowServer, run: DagRun, task_id: str, *states: str) -> None:
    """Waits until a task is in one of some states."""
    server.database.wait_for(
        f"{task_id} in state {' or '.join(states)}",
        lambda: any(
            task.id == task_id and task.state in states
            for task in server.database.tasks(DAG_ID, run.id)
        ),
        seconds=SECONDS,
    )
