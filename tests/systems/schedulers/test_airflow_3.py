"""The DAG under a real Airflow 3, whose environment knows nothing of TFX."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local_servers.airflow_database import DagRun, TaskState
from deploy.local_servers.airflow_releases import AIRFLOW_3, ROOT, dag_environment
from deploy.local_servers.airflow_server import AirflowServer
from deploy.local_servers.run_airflow import await_run, follow_run
from tests.support.nodes import NODES
from tests.support.scheduled_installation import ScheduledInstallation

pytestmark = [pytest.mark.systems, pytest.mark.timeout(3000)]

SECONDS = 2400.0
PRINT_GRAPH = """
import json
from movielens_dag import dag
print(json.dumps({task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks}))
"""


@dataclass(frozen=True)
class OneRun:
    """A scheduled run.

    Attributes:
        installation: what it left.
        environment: what Airflow was told of the pipeline.
        run: as Airflow's database has it.
        tasks: likewise.
    """

    installation: ScheduledInstallation
    environment: dict[str, str]
    run: DagRun
    tasks: list[TaskState]


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> OneRun:
    installation = ScheduledInstallation.make(tmp_path_factory.mktemp("airflow3"))
    home = installation.folder / "airflow"
    environment = dag_environment(AIRFLOW_3, installation.config, home)
    with AirflowServer(AIRFLOW_3, home, environment) as server:
        run = await_run(server, "movielens")
        run = follow_run(server, "movielens", run.id, seconds=SECONDS)
        tasks = server.database.tasks("movielens", run.id)
    return OneRun(installation, environment, run, tasks)


def test_every_task_of_the_scheduled_run_succeeded_at_once(one_run):
    assert (one_run.run.type, one_run.run.state) == ("scheduled", "success")
    assert {(task.id, task.state, task.tries) for task in one_run.tasks} == {
        (node, "success", 1) for node in NODES
    }


def test_the_run_pushed_a_version_and_wrote_its_summary(one_run):
    recorded = one_run.installation.recorded_run(one_run.run.id)
    assert recorded.states() == dict.fromkeys(NODES, "COMPLETE")
    assert recorded.is_blessed()
    assert [recorded.pushed_version()] == one_run.installation.versions()
    summary = json.loads((one_run.installation.output / "summary.json").read_text())
    assert summary["run_id"] == one_run.run.id
    assert (summary["status"], summary["pushed_version"]) == (
        "succeeded",
        recorded.pushed_version(),
    )
    assert {node["id"] for node in summary["nodes"]} == set(NODES)


def test_tasks_and_edges_are_those_of_the_compiled_pipeline(one_run, tmp_path):
    """`tests/pipeline/runners/test_airflow.py` holds Airflow 2's DAG to the same file."""
    process = subprocess.run(
        [AIRFLOW_3.program.with_name("python"), "-c", PRINT_GRAPH],
        check=True,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            **one_run.environment,
            "AIRFLOW_HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT / "deploy" / "airflow3"),
        },
    )
    graph = json.loads(Path(one_run.environment["MOVIELENS_GRAPH"]).read_text())
    compiled = {node["id"]: node["upstream"] for node in graph["nodes"]}
    assert json.loads(process.stdout.splitlines()[-1]) == compiled
    assert compiled.keys() == set(NODES)
