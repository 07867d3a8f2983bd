"""Reads what Airflow, 2 or 3, knows of runs and tasks, from its own database."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import psycopg2

from deploy.local_servers.postgresql import PostgresqlServer
from deploy.local_servers.processes import ServerError

DATABASE: Final = "airflow"
ENDED: Final = ("success", "failed")
Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class DagRun:
    """One run of a DAG.

    Attributes:
        id: the run.
        type: `scheduled`, `manual` ...
        state: `queued`, `running`, `success` or `failed`.
    """

    id: str
    type: str
    state: str


@dataclass(frozen=True, kw_only=True)
class TaskState:
    """Where a task of a run stands.

    Attributes:
        id: the task.
        state: `success`, `failed`, `running`, `up_for_retry` ...; None before it is scheduled.
        tries: how often it has been started.
        seconds: how long the last try took; None before its end.
    """

    id: str
    state: str | None
    tries: int
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One start of a task.

    Attributes:
        number: the first is 1.
        state: how it ended, as in `TaskState`; `failed` where another one followed, too.
        started: when; None before that.
        ended: when; None before that.
    """

    number: int
    state: str | None
    started: datetime | None
    ended: datetime | None


class AirflowDatabase:
    """Answers from the tables that Airflow 2 and 3 have in common."""

    def __init__(self, server: PostgresqlServer) -> None:
        """Remembers where the database is.

        Args:
            server: the running server; holds the database `airflow`.
        """
        self._address = {
            "host": "127.0.0.1",
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "dbname": DATABASE,
        }

    def import_errors(self) -> list[str]:
        """Returns what went wrong as Airflow read the DAG files."""
        return [str(row[0]) for row in self._rows("SELECT stacktrace FROM import_error")]

    def has_dag(self, dag_id: str) -> bool:
        """Whether the DAG has been read and stored."""
        query = "SELECT 1 FROM serialized_dag WHERE dag_id = %s"
        return bool(self._rows(query, dag_id))

    def runs(self, dag_id: str) -> list[DagRun]:
        """Returns the runs of a DAG, oldest first."""
        query = "SELECT run_id, run_type, state FROM dag_run WHERE dag_id = %s ORDER BY id"
        return [DagRun(id=row[0], type=row[1], state=row[2]) for row in self._rows(query, dag_id)]

    def tasks(self, dag_id: str, run_id: str) -> list[TaskState]:
        """Returns the tasks of a run, in the order in which they started."""
        query = (
            "SELECT task_id, state, try_number, duration FROM task_instance "
            "WHERE dag_id = %s AND run_id = %s ORDER BY start_date NULLS LAST, task_id"
        )
        return [
            TaskState(id=row[0], state=row[1], tries=row[2], seconds=row[3])
            for row in self._rows(query, dag_id, run_id)
        ]

    def attempts(self, dag_id: str, run_id: str, task_id: str) -> list[Attempt]:
        """Returns the attempts at a task of a run, the first one first."""
        one = "SELECT try_number, state, start_date, end_date FROM {} WHERE {}"
        chosen = "dag_id = %s AND run_id = %s AND task_id = %s"
        both = (one.format(table, chosen) for table in ("task_instance_history", "task_instance"))
        rows = self._rows(f"{' UNION ALL '.join(both)} ORDER BY 1", *(dag_id, run_id, task_id) * 2)
        return [Attempt(number=row[0], state=row[1], started=row[2], ended=row[3]) for row in rows]

    def wait_for(self, what: str, look: Callable[[], Found | None], *, seconds: float) -> Found:
        """Asks once a second until there is an answer.

        Args:
            what: is waited for, for the message.
            look: returns None as long as it is not there.
            seconds: how long to wait.

        Raises:
            ServerError: it did not come, or a DAG file cannot be read.
        """
        deadline = time.monotonic() + seconds
        while (found := look()) is None:
            if errors := self.import_errors():
                raise ServerError(f"Airflow cannot read the DAG: {errors[0].strip()}")
            if time.monotonic() > deadline:
                raise ServerError(f"There was no {what} within {seconds:g} s")
            time.sleep(1.0)
        return found

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(**self._address)
        try:
            with connection.cursor() as cursor:
                cursor.execute(query, values)
                return list(cursor.fetchall())
        finally:
            connection.close()
