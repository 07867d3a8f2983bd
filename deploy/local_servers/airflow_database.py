"""Reads what Airflow, 2 or 3, knows of runs and tasks, from its own database."""

from collections.abc import Callable
from contextlib import closing
from typing import Any, Final, NamedTuple, TypeVar

import psycopg2

from deploy.local_servers.postgresql import PostgresqlServer
from deploy.local_servers.server import ServerError, wait_for

DATABASE: Final = "airflow"
ENDED: Final = ("success", "failed")
Found = TypeVar("Found")


class DagRun(NamedTuple):
    """One run of a DAG."""

    id: str
    type: str  # `scheduled`, `manual` ...
    state: str  # `queued`, `running`, `success` or `failed`


class TaskState(NamedTuple):
    """How far a task of a run is."""

    id: str
    state: str | None  # `success`, `failed`, `up_for_retry` ...; None before it is scheduled
    tries: int  # how often it has been started
    seconds: float | None  # the duration of the last try; None before its end


class AirflowDatabase:
    """Reads the tables that Airflow 2 and 3 have in common."""

    def __init__(self, server: PostgresqlServer) -> None:
        """Takes the running server that holds the database `airflow`."""
        self._server = server

    def has_dag(self, dag_id: str) -> bool:
        """Returns whether the DAG has been read and stored."""
        return bool(self.rows("SELECT 1 FROM serialized_dag WHERE dag_id = %s", dag_id))

    def runs(self, dag_id: str) -> list[DagRun]:
        """Returns the runs of a DAG, oldest first."""
        query = "SELECT run_id, run_type, state FROM dag_run WHERE dag_id = %s ORDER BY id"
        return [DagRun(*row) for row in self.rows(query, dag_id)]

    def tasks(self, dag_id: str, run_id: str) -> list[TaskState]:
        """Returns the tasks of a run, in the order in which they started."""
        query = (
            "SELECT task_id, state, try_number, duration FROM task_instance "
            "WHERE dag_id = %s AND run_id = %s ORDER BY start_date NULLS LAST, task_id"
        )
        return [TaskState(*row) for row in self.rows(query, dag_id, run_id)]

    def wait_for(self, what: str, look: Callable[[], Found | None], *, seconds: float) -> Found:
        """Does what `server.wait_for` does; a ServerError too if Airflow cannot read the DAG."""

        def look_or_fail() -> Found | None:
            found = look()
            if not found and (errors := self.rows("SELECT stacktrace FROM import_error")):
                raise ServerError(f"Airflow cannot read the DAG: {errors[0][0].strip()}")
            return found

        return wait_for(what, look_or_fail, seconds=seconds, every=1.0)

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Returns the rows of a query, in which `%s` stands for each value."""
        # SQLAlchemy's name of the driver is no part of the address.
        address = self._server.url(DATABASE).replace("+psycopg2", "")
        with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())
