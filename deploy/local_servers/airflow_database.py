"""Reads what Airflow, 2 or 3, knows of runs and tasks, from its own database."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
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


class Attempt(NamedTuple):
    """One start of a task."""

    number: int  # the first is 1
    state: str | None  # as in `TaskState`; also `failed` if another attempt followed
    started: datetime | None
    ended: datetime | None


class AirflowDatabase:
    """Reads the tables that Airflow 2 and 3 have in common."""

    def __init__(self, server: PostgresqlServer) -> None:
        """Takes the running server that holds the database `airflow`."""
        self._server = server

    def import_errors(self) -> list[str]:
        """Returns the errors that Airflow met in the DAG files."""
        return [str(row[0]) for row in self._rows("SELECT stacktrace FROM import_error")]

    def has_dag(self, dag_id: str) -> bool:
        """Returns whether the DAG has been read and stored."""
        return bool(self._rows("SELECT 1 FROM serialized_dag WHERE dag_id = %s", dag_id))

    def runs(self, dag_id: str) -> list[DagRun]:
        """Returns the runs of a DAG, oldest first."""
        query = "SELECT run_id, run_type, state FROM dag_run WHERE dag_id = %s ORDER BY id"
        return [DagRun(*row) for row in self._rows(query, dag_id)]

    def tasks(self, dag_id: str, run_id: str) -> list[TaskState]:
        """Returns the tasks of a run, in the order in which they started."""
        query = (
            "SELECT task_id, state, try_number, duration FROM task_instance "
            "WHERE dag_id = %s AND run_id = %s ORDER BY start_date NULLS LAST, task_id"
        )
        return [TaskState(*row) for row in self._rows(query, dag_id, run_id)]

    def attempts(self, dag_id: str, run_id: str, task_id: str) -> list[Attempt]:
        """Returns the attempts at a task of a run, the first one first."""
        one = "SELECT try_number, state, start_date, end_date FROM {} WHERE {}"
        chosen = "dag_id = %s AND run_id = %s AND task_id = %s"
        both = (one.format(table, chosen) for table in ("task_instance_history", "task_instance"))
        rows = self._rows(f"{' UNION ALL '.join(both)} ORDER BY 1", *(dag_id, run_id, task_id) * 2)
        return [Attempt(*row) for row in rows]

    def wait_for(self, what: str, look: Callable[[], Found | None], *, seconds: float) -> Found:
        """Looks once a second until something is found, as `server.wait_for` does.

        Raises:
            ServerError: It was not found in time, or a DAG file cannot be read.
        """

        def look_or_fail() -> Found | None:
            found = look()
            if not found and (errors := self.import_errors()):
                raise ServerError(f"Airflow cannot read the DAG: {errors[0].strip()}")
            return found

        return wait_for(what, look_or_fail, seconds=seconds, every=1.0)

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        address = self._server.url(DATABASE).replace("+psycopg2", "")
        with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())
