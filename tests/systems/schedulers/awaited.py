"""Waits for the runs and tasks of a running Airflow, and reads what it tried."""

from datetime import datetime
from typing import NamedTuple

from deploy.local_servers.airflow import AirflowServer
from deploy.local_servers.airflow_database import DagRun

DAG_ID = "movielens"
SECONDS = 2400.0


class Attempt(NamedTuple):
    """One start of a task."""

    number: int  # the first is 1
    state: str | None  # as in `TaskState`; also `failed` if another attempt followed
    started: datetime | None
    ended: datetime | None


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


def attempts(server: AirflowServer, run: DagRun, task_id: str) -> list[Attempt]:
    """Returns the attempts at a task of a run, the first one first."""
    one = "SELECT try_number, state, start_date, end_date FROM {} WHERE {}"
    chosen = "dag_id = %s AND run_id = %s AND task_id = %s"
    both = (one.format(table, chosen) for table in ("task_instance_history", "task_instance"))
    rows = server.database.rows(
        f"{' UNION ALL '.join(both)} ORDER BY 1", *(DAG_ID, run.id, task_id) * 2
    )
    return [Attempt(*row) for row in rows]
