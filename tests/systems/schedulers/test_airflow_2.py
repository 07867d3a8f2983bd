"""The DAG under a real Airflow 2: PostgreSQL, scheduler, LocalExecutor and web server."""

from dataclasses import dataclass

import pytest

from deploy.local_servers.airflow_database import DagRun, TaskState
from deploy.local_servers.airflow_releases import AIRFLOW_2
from deploy.local_servers.airflow_server import AirflowServer
from deploy.local_servers.run_airflow import await_run, follow_run
from pipeline.runners.scheduled import CONFIG_VARIABLE
from tests.support.nodes import NODES
from tests.support.scheduled_installation import ScheduledInstallation

pytestmark = [pytest.mark.systems, pytest.mark.timeout(3000)]

SECONDS = 1200.0


@dataclass(frozen=True)
class TwoRuns:
    """Two scheduled runs; a second span arrived during the first.

    Attributes:
        installation: what they left.
        runs: as Airflow's database has them.
        tasks: of each run, likewise.
    """

    installation: ScheduledInstallation
    runs: list[DagRun]
    tasks: list[list[TaskState]]


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> TwoRuns:
    installation = ScheduledInstallation.make(tmp_path_factory.mktemp("airflow2"))
    environment = {CONFIG_VARIABLE: str(installation.config)}
    with AirflowServer(AIRFLOW_2, installation.folder / "airflow", environment) as server:
        first = await_run(server, "movielens")
        server.database.wait_for(
            "ingested span",
            lambda: (
                any(
                    task.id == "MovieLensExampleGen" and task.state == "success"
                    for task in server.database.tasks("movielens", first.id)
                )
                or None
            ),
            seconds=SECONDS,
        )
        installation.arrive(2, ratings=3000)
        runs = [follow_run(server, "movielens", first.id, seconds=SECONDS)]
        second = server.database.wait_for(
            "second run",
            lambda: next(iter(server.database.runs("movielens")[1:]), None),
            seconds=SECONDS,
        )
        runs.append(follow_run(server, "movielens", second.id, seconds=SECONDS))
        tasks = [server.database.tasks("movielens", run.id) for run in runs]
    return TwoRuns(installation, runs, tasks)


def test_every_task_of_both_scheduled_runs_succeeded_at_once(two_runs):
    assert [(run.type, run.state) for run in two_runs.runs] == [("scheduled", "success")] * 2
    for tasks in two_runs.tasks:
        assert {(task.id, task.state, task.tries) for task in tasks} == {
            (node, "success", 1) for node in NODES
        }


def test_the_first_run_pushed_a_version(two_runs):
    recorded = two_runs.installation.recorded_run(two_runs.runs[0].id)
    assert recorded.states() == dict.fromkeys(NODES, "COMPLETE")
    assert recorded.span() == 1
    assert recorded.is_blessed()
    assert recorded.pushed_version() == two_runs.installation.versions()[0]


def test_the_second_run_learned_from_the_new_span_and_was_held_to_the_first(two_runs):
    first, second = (two_runs.installation.recorded_run(run.id) for run in two_runs.runs)
    states = second.states()
    # The schema has not changed; all that reads the ratings ran again.
    assert states.pop("CuratedSchema") == "CACHED"
    assert states == dict.fromkeys(set(NODES) - {"CuratedSchema"}, "COMPLETE")
    assert second.span() == 2
    models = [run.output("Trainer", "Model").id for run in (first, second)]
    assert second.inputs("Evaluator", "Model") == models
    assert second.is_blessed()
    assert second.pushed_version() == two_runs.installation.versions()[1]
