"""The DAG of Airflow 3: put the folder of this file into a DAG bundle or `[core] dags_folder`.

It is made of the file that `movielens compile --target airflow3` writes, and needs nothing of the
pipeline's own environment but its command. Environment variables of Airflow say where all is:

* MOVIELENS_GRAPH: the compiled file.
* MOVIELENS_CONFIG: the configuration that it was compiled of.
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

# Any past moment: with catch-up off, Airflow starts with the latest run that is due.
START = datetime(2024, 1, 1, tzinfo=UTC)
# A run's id comes by the environment, so that no shell takes it apart.
COMMAND = '"$MOVIELENS_PROGRAM" run --config "$MOVIELENS_CONFIG" --node {node} --run-id "$RUN_ID"'
ALERT_SECONDS = 60


def send_alert(command: list[str], event: dict[str, object]) -> None:
    """Logs an event and hands it to the alert command, as JSON on stdin.

    An alert that cannot be sent is logged: it must not hide what it was to tell of.
    """
    text = json.dumps(event)
    log = logging.getLogger(__name__)
    log.error("Alert: %s", text)
    if not command:
        return
    try:
        subprocess.run(command, input=text, text=True, check=True, timeout=ALERT_SECONDS)
    except (OSError, subprocess.SubprocessError):
        log.exception("The alert command failed.")


def make_dag(graph: dict[str, Any]) -> DAG:
    """Makes the DAG; one task a node, named as the node.

    Args:
        graph: the content of the compiled file.
    """
    schedule = graph["schedule"]
    alert_command = schedule["alert_command"]

    def on_failure(context: dict[str, Any]) -> None:
        task = context["ti"]
        event = {
            "event": "node_failed",
            "pipeline": task.dag_id,
            "run_id": task.run_id,
            "node": task.task_id,
            "try": task.try_number,
            "why": str(context.get("exception") or "the task was killed"),
        }
        send_alert(alert_command, event)

    late = {"event": "run_late", "pipeline": graph["pipeline"]}
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
            callback=SyncCallback(send_alert, kwargs={"command": alert_command, "event": late}),
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
