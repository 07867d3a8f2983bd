"""The DAG of Airflow 3: put the folder of this file into a DAG bundle or `[core] dags_folder`.

It needs none of the pipeline's packages. Environment variables of Airflow name what it reads and
runs:

* MOVIELENS_GRAPH: the file that `movielens compile --target airflow3` wrote.
* MOVIELENS_CONFIG: the configuration from which it was compiled.
* MOVIELENS_PROGRAM: the `movielens` program.
"""

import json
import logging
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import (
    DAG,
    CronDataIntervalTimetable,
    DeadlineAlert,
    DeadlineReference,
    SyncCallback,
)
from airflow.sdk.exceptions import AirflowTaskTimeout

# Any past moment: with catch-up off, Airflow starts with the latest run that is due.
START = datetime(2024, 1, 1, tzinfo=UTC)
# The run's id is an environment variable, so that the shell does not interpret its characters.
COMMAND = '"$MOVIELENS_PROGRAM" run --config "$MOVIELENS_CONFIG" --node {node} --run-id "$RUN_ID"'
ALERT_SECONDS = 60


def send_alert(status: str, run_id: str, why: str, node: str | None = None) -> None:
    """Sends an alert as the configuration's section `[alerts]` says.

    An alert that cannot be sent is logged, because an error here would hide the reason for it.
    """
    program, config = os.environ["MOVIELENS_PROGRAM"], os.environ["MOVIELENS_CONFIG"]
    command = [program, "alert", "--config", config, "--status", status, "--run-id", run_id]
    about = ["--why", why, *(["--node", node] if node else [])]
    try:
        subprocess.run([*command, *about], check=True, timeout=ALERT_SECONDS)
    except (OSError, subprocess.SubprocessError):
        logging.getLogger(__name__).exception("The alert could not be sent: %s", why)


def on_failure(context: dict[str, Any]) -> None:
    """Reports a task that has failed after all its retries."""
    task, error = context["ti"], context.get("exception")
    why = str(error or "the task was killed")
    if isinstance(error, AirflowTaskTimeout):
        minutes = context["task"].execution_timeout / timedelta(minutes=1)
        why = f"stopped: not done within {minutes:g} minutes"
    send_alert("failed", task.run_id, why, task.task_id)


def on_late(why: str, context: dict[str, Any]) -> None:
    """Reports a run that has missed its deadline."""
    send_alert("late", context["dag_run"]["dag_run_id"], why)


def make_dag(graph: dict[str, Any]) -> DAG:
    """Makes the DAG from the compiled file: one task for each node, with the node's name."""
    schedule = graph["schedule"]
    late = f"not done within {schedule['deadline_minutes']:g} minutes"
    with DAG(
        dag_id=graph["pipeline"],
        description="MovieLens ratings in; a judged and safely pushed recommender out.",
        schedule=CronDataIntervalTimetable(schedule["cron"], timezone="UTC"),
        start_date=START,
        catchup=False,
        max_active_runs=1,
        max_active_tasks=1,  # all but a chain anyway, and SQLite takes one writer
        default_args={
            "owner": "movielens",
            "retries": schedule["retries"],
            "retry_delay": timedelta(minutes=schedule["retry_minutes"]),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=schedule["max_retry_minutes"]),
            "execution_timeout": timedelta(minutes=schedule["node_timeout_minutes"]),
            "on_failure_callback": on_failure,
        },
        deadline=DeadlineAlert(
            reference=DeadlineReference.DAGRUN_QUEUED_AT,
            interval=timedelta(minutes=schedule["deadline_minutes"]),
            callback=SyncCallback(on_late, kwargs={"why": late}),
        ),
    ) as made:
        tasks = {
            node["id"]: BashOperator(
                task_id=node["id"],
                bash_command=COMMAND.format(node=node["id"]),
                env={"RUN_ID": "{{ run_id }}"},
                append_env=True,
            )
            for node in graph["nodes"]
        }
        for node in graph["nodes"]:
            tasks[node["id"]].set_upstream([tasks[each] for each in node["upstream"]])
    return made


dag = make_dag(json.loads(Path(os.environ["MOVIELENS_GRAPH"]).read_text(encoding="utf-8")))
