"""The DAG under a real Airflow 3, whose environment knows nothing of TFX."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from deploy.local_servers.airflow import AIRFLOW_3, ROOT, AirflowServer, dag_environment
from deploy.local_servers.airflow_database import DagRun, TaskState
from deploy.local_servers.run_airflow import await_run, follow_run
from tests.support.nodes import FIRST_NODES, NODES
from tests.support.scheduled_installation import ScheduledInstallation
from tests.systems.schedulers.awaited import DAG_ID, SECONDS, await_run_after, await_state

pytestmark = [pytest.mark.systems, pytest.mark.timeout(3000)]

PRINT_GRAPH = """
import json
from movielens_dag import dag
print(json.dumps({task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks}))
"""


@dataclass(frozen=True)
class TwoRuns:
    """Two runs: the first one's data came cut and were mended, the second's nodes got no time.

    Attributes:
        installation: what they left.
        environment: what Airflow was told of the pipeline.
        runs: as Airflow's database has them.
        tasks: of each run, likewise.
        survivors: the command lines of the second run's nodes that outlived it.
    """

    installation: ScheduledInstallation
    environment: dict[str, str]
    runs: list[DagRun]
    tasks: list[dict[str, TaskState]]
    survivors: list[list[str]]


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> TwoRuns:
    installation = ScheduledInstallation.make(tmp_path_factory.mktemp("airflow3"))
    installation.configure(cron="0 3 * * *")
    installation.arrive(1, ratings=2000, cut=True)
    home = installation.folder / "airflow"
    environment = dag_environment(AIRFLOW_3, installation.config, home)
    with AirflowServer(AIRFLOW_3, home, environment) as server:
        run = await_run(server, DAG_ID)
        await_state(server, run, "MovieLensExampleGen", "up_for_retry")
        installation.mend(1)
        runs = [follow_run(server, DAG_ID, run.id, seconds=SECONDS)]
        give_a_node(0.02, Path(environment["MOVIELENS_GRAPH"]))
        server.airflow("dags", "trigger", DAG_ID)
        run = await_run_after(server, 1)
        runs.append(follow_run(server, DAG_ID, run.id, seconds=SECONDS))
        commands = [each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])]
        survivors = [each for each in commands if run.id in each]
        tasks = [{task.id: task for task in server.database.tasks(DAG_ID, run.id)} for run in runs]
    return TwoRuns(installation, environment, runs, tasks, survivors)


def give_a_node(minutes: float, graph_file: Path) -> None:
    """Changes the time limit in the compiled graph, as compiling anew would."""
    graph = json.loads(graph_file.read_text())
    graph["schedule"]["node_timeout_minutes"] = minutes
    unfinished = graph_file.with_suffix(".new")
    unfinished.write_text(json.dumps(graph))
    unfinished.replace(graph_file)


def test_what_failed_once_is_tried_again_and_the_scheduled_run_is_green(two_runs: TwoRuns) -> None:
    assert (two_runs.runs[0].type, two_runs.runs[0].state) == ("scheduled", "success")
    assert {(task.id, task.state, task.tries) for task in two_runs.tasks[0].values()} == {
        (node, "success", 2 if node == "MovieLensExampleGen" else 1) for node in NODES
    }


def test_the_run_pushed_a_version_and_wrote_its_summary(two_runs: TwoRuns) -> None:
    recorded = two_runs.installation.recorded_run(two_runs.runs[0].id)
    assert recorded.states() == dict.fromkeys(NODES, "COMPLETE")
    assert recorded.is_blessed()
    assert [recorded.pushed_version()] == two_runs.installation.versions()
    summary = json.loads((two_runs.installation.output / "summary.json").read_text())
    assert summary["run_id"] == two_runs.runs[0].id
    assert (summary["status"], summary["pushed_version"]) == (
        "succeeded",
        recorded.pushed_version(),
    )
    assert {node["id"] for node in summary["nodes"]} == set(NODES)


def test_nodes_that_take_too_long_are_killed_time_and_again_and_the_run_has_failed(
    two_runs: TwoRuns,
) -> None:
    assert two_runs.runs[1].state == "failed"
    tasks = two_runs.tasks[1]
    assert {(node, tasks[node].state, tasks[node].tries) for node in FIRST_NODES} == {
        (node, "failed", 3) for node in FIRST_NODES
    }
    later = {task.state for node, task in tasks.items() if node not in FIRST_NODES}
    assert later - {None} == {"upstream_failed"}
    assert two_runs.survivors == []


def test_each_node_that_failed_for_good_is_told_once_with_the_reason(two_runs: TwoRuns) -> None:
    told = {each.pop("failed_node"): each for each in two_runs.installation.alerts()}
    assert told == {
        node: {
            "event": "scheduler_alert",
            "pipeline": "movielens",
            "run_id": two_runs.runs[1].id,
            "status": "failed",
            "failures": ["stopped: not done within 0.02 minutes"],
            "output": str(two_runs.installation.output),
        }
        for node in FIRST_NODES
    }


def test_tasks_and_edges_are_those_of_the_compiled_pipeline(
    two_runs: TwoRuns, tmp_path: Path
) -> None:
    """`tests/pipeline/runners/test_airflow.py` holds Airflow 2's DAG to the same file."""
    process = subprocess.run(
        [AIRFLOW_3.program.with_name("python"), "-c", PRINT_GRAPH],
        check=True,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            **two_runs.environment,
            "AIRFLOW_HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT / "deploy" / "airflow3"),
        },
    )
    graph = json.loads(Path(two_runs.environment["MOVIELENS_GRAPH"]).read_text())
    compiled = {node["id"]: node["upstream"] for node in graph["nodes"]}
    assert json.loads(process.stdout.splitlines()[-1]) == compiled
    assert compiled.keys() == set(NODES)
