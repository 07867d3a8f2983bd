"""The pipeline as a DAG of Airflow 2, made by TFX's `AirflowDagRunner`.

That runner's own launcher is TFX's old one, which knows neither the compiled pipeline nor the
metadata that the other runners write. Its configuration puts `NodeLauncher` in its place: a task
runs its node as `movielens run --node` does, so all runners share graph, metadata and cache.
"""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from airflow import DAG
from airflow.exceptions import AirflowFailException, AirflowTaskTimeout
from tfx.orchestration.airflow.airflow_dag_runner import AirflowDagRunner, AirflowPipelineConfig
from tfx.orchestration.config.base_component_config import BaseComponentConfig

from pipeline.config import PipelineConfig
from pipeline.create import create_pipeline
from pipeline.errors import RunFailure, UsageError
from pipeline.run.node import execute_node
from pipeline.run.stop_request import StopRequest
from pipeline.runners.scheduled import alert, check_paths

# Any time in the past: without catch-up Airflow starts with the latest run that is due.
_START: Final = datetime(2024, 1, 1, tzinfo=UTC)


def create_dag(config: PipelineConfig) -> DAG:
    """Makes the DAG, one task for each node and named like it.

    Raises:
        UsageError: A path of the configuration is relative.
    """
    check_paths(config)
    runner = AirflowDagRunner(
        AirflowPipelineConfig(
            airflow_dag_config=_dag_options(config),
            supported_launcher_classes=[NodeLauncher],
            default_component_configs=[NodeConfig(config)],
        )
    )
    return runner.run(create_pipeline(config))


@dataclass(frozen=True)
class NodeConfig(BaseComponentConfig):
    """Carries the configuration through TFX's runner to `NodeLauncher`."""

    config: PipelineConfig


@dataclass(frozen=True)
class NodeLauncher:
    """Launches a node of a DAG run: the interface of TFX's `BaseComponentLauncher`."""

    config: PipelineConfig
    node_id: str
    run_id: str

    @classmethod
    def can_launch(cls, _executor_spec: object, component_config: object) -> bool:
        """Accepts every node, because the compiled pipeline says how to run it."""
        return isinstance(component_config, NodeConfig)

    @classmethod
    def create(
        cls, *, component: Any, pipeline_info: Any, component_config: NodeConfig, **_: object
    ) -> Self:
        """Makes the launcher of one task; TFX's runner has put the DAG run's id into the info."""
        return cls(component_config.config, component.id, pipeline_info.run_id)

    def launch(self) -> None:
        """Runs the node.

        Raises:
            AirflowFailException: The configuration is wrong, which no retry mends.
            RunFailure: The node failed.
        """
        try:
            with StopRequest() as stop:
                done = execute_node(self.config, self.node_id, self.run_id, sys.stderr, stop)
        except UsageError as error:
            raise AirflowFailException(str(error)) from error
        if done.node.state == "failed":
            raise RunFailure(f"{self.node_id}: {done.node.why}")


def _dag_options(config: PipelineConfig) -> dict[str, Any]:
    schedule = config.schedule
    return {
        "description": "MovieLens ratings in; a judged and safely pushed recommender out.",
        "schedule": schedule.cron,
        "start_date": _START,
        "catchup": False,
        "max_active_runs": 1,
        # The graph is nearly a chain, and SQLite allows one writer.
        "max_active_tasks": 1,
        "sla_miss_callback": _on_late(config),
        "default_args": {
            "owner": "movielens",
            "retries": schedule.retries,
            "retry_delay": timedelta(minutes=schedule.retry_minutes),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=schedule.max_retry_minutes),
            "execution_timeout": timedelta(minutes=schedule.node_timeout_minutes),
            "on_failure_callback": _on_failure(config),
            "sla": timedelta(minutes=schedule.deadline_minutes),
        },
    }


def _on_failure(config: PipelineConfig) -> Callable[[Mapping[str, Any]], None]:
    """Returns what Airflow calls when a task has failed for good, after its retries."""

    def tell(context: Mapping[str, Any]) -> None:
        task, error = context["task_instance"], context.get("exception")
        why = str(error or "the task was killed")
        if isinstance(error, AirflowTaskTimeout):
            why = f"stopped: not done within {config.schedule.node_timeout_minutes:g} minutes"
        _alert(config, status="failed", run_id=task.run_id, node=task.task_id, why=why)

    return tell


def _on_late(config: PipelineConfig) -> Callable[..., None]:
    def tell(_dag: DAG, task_list: str, _blocking: str, slas: Sequence[Any], *_: object) -> None:
        late = ", ".join(line.partition(" on ")[0] for line in task_list.splitlines())
        why = f"not done within {config.schedule.deadline_minutes:g} minutes: {late}"
        _alert(config, status="late", run_id=str(slas[0].execution_date), node=None, why=why)

    return tell


def _alert(config: PipelineConfig, **event: Any) -> None:
    for problem in alert(config, **event):
        logging.warning("%s", problem)
