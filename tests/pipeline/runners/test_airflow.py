"""The DAG as an object; `tests/systems/test_airflow_2.py` has it run by Airflow."""

import json
import warnings
from datetime import timedelta
from types import SimpleNamespace

import pytest

from tests.support import quiet_airflow  # noqa: F401  # isort: skip
from airflow import DAG
from airflow.exceptions import AirflowFailException, AirflowTaskTimeout

from pipeline.config import PipelineConfig, load_config
from pipeline.errors import RunFailure, UsageError
from pipeline.run.node import NodeOfRun
from pipeline.run.record import Node
from pipeline.runners import airflow
from pipeline.runners.airflow3 import compile_graph

OVERRIDES = (
    "schedule.cron='5 4 * * *'",
    "schedule.retries=3",
    "schedule.retry_minutes=2",
    "schedule.max_retry_minutes=30",
    "schedule.node_timeout_minutes=45",
    "schedule.deadline_minutes=90",
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> PipelineConfig:
    return load_config(overrides=OVERRIDES, output=str(tmp_path_factory.mktemp("output")))


@pytest.fixture(scope="module")
def dag(config: PipelineConfig) -> DAG:
    with warnings.catch_warnings():
        # TFX's runner is written for Airflow 2's older names.
        warnings.simplefilter("ignore")
        return airflow.create_dag(config)


def test_the_section_schedule_says_when_and_what_a_failure_leads_to(dag: DAG) -> None:
    assert dag.schedule_interval == "5 4 * * *"
    assert (dag.catchup, dag.max_active_runs, dag.max_active_tasks) == (False, 1, 1)
    for task in dag.tasks:
        assert (task.retries, task.retry_exponential_backoff) == (3, True)
        assert (task.retry_delay, task.max_retry_delay) == (
            timedelta(minutes=2),
            timedelta(minutes=30),
        )
        assert (task.execution_timeout, task.sla) == (timedelta(minutes=45), timedelta(minutes=90))


def test_tasks_and_edges_are_those_of_the_compiled_pipeline(
    dag: DAG, config: PipelineConfig
) -> None:
    compiled = {node["id"]: node["upstream"] for node in json.loads(compile_graph(config))["nodes"]}
    assert {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks} == compiled
    assert compiled["Transform"] == ["AnomalyGate", "CuratedSchema", "MovieLensExampleGen"]


def test_the_graph_for_airflow_3_carries_the_schedule(config: PipelineConfig) -> None:
    graph = json.loads(compile_graph(config))
    assert graph["pipeline"] == "movielens"
    assert graph["schedule"]["cron"] == "5 4 * * *"
    assert graph["schedule"]["retries"] == 3


def test_a_relative_output_folder_is_refused() -> None:
    with pytest.raises(UsageError, match=r"`pipeline\.output` should be an absolute path"):
        airflow.create_dag(load_config())


def launcher(config: PipelineConfig) -> airflow.NodeLauncher:
    node_config = airflow.NodeConfig(config)
    assert airflow.NodeLauncher.can_launch(None, node_config)
    assert not airflow.NodeLauncher.can_launch(None, None)
    return airflow.NodeLauncher.create(
        component=SimpleNamespace(id="Trainer"),
        pipeline_info=SimpleNamespace(run_id="scheduled__1"),
        component_config=node_config,
        driver_args=None,
    )


def test_a_task_runs_its_node_of_the_dag_run(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def execute(config: PipelineConfig, node_id: str, run_id: str, *_: object) -> NodeOfRun:
        asked.append((node_id, run_id))
        return NodeOfRun(Node(id=node_id, state="executed", why="first run"), None)

    monkeypatch.setattr(airflow, "execute_node", execute)
    launcher(config).launch()
    assert asked == [("Trainer", "scheduled__1")]


def test_a_failed_node_fails_its_task(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = NodeOfRun(Node(id="Trainer", state="failed", why="out of patience"), None)
    monkeypatch.setattr(airflow, "execute_node", lambda *_: failed)
    with pytest.raises(RunFailure, match="Trainer: out of patience"):
        launcher(config).launch()


def test_what_no_retry_mends_is_not_tried_again(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UsageError("no node `Trainer`")

    monkeypatch.setattr(airflow, "execute_node", refuse)
    with pytest.raises(AirflowFailException, match="no node `Trainer`"):
        launcher(config).launch()


def test_a_failure_and_a_late_run_are_told(
    dag: DAG, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = []

    def deliver(_config: PipelineConfig, **event: object) -> list[str]:
        told.append(event)
        return ["the pager is silent"]

    monkeypatch.setattr(airflow, "alert", deliver)
    task = SimpleNamespace(run_id="scheduled__1", task_id="Trainer")
    for error in (RunFailure("Trainer: disk full"), AirflowTaskTimeout("Timeout, PID: 7"), None):
        context = {"task_instance": task, "exception": error}
        dag.default_args["on_failure_callback"](context)
    slas = [SimpleNamespace(execution_date="2026-11-24")]
    dag.sla_miss_callback(dag, "Trainer on 2026-11-24\nPusher on 2026-11-24", "", slas, [])
    failed = {"status": "failed", "run_id": "scheduled__1", "node": "Trainer"}
    assert told == [
        {**failed, "why": "Trainer: disk full"},
        {**failed, "why": "stopped: not done within 45 minutes"},
        {**failed, "why": "the task was killed"},
        {
            "status": "late",
            "run_id": "2026-11-24",
            "node": None,
            "why": "not done within 90 minutes: Trainer, Pusher",
        },
    ]
    assert caplog.text.count("the pager is silent") == 4
