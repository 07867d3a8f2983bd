"""The DAG under a real Airflow 2: PostgreSQL, scheduler, LocalExecutor and web server."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from deploy.local_servers.airflow import AIRFLOW_2, AirflowServer
from deploy.local_servers.airflow_database import DagRun, TaskState
from deploy.local_servers.run_airflow import await_run, follow_run
from pipeline.runners.scheduled import CONFIG_VARIABLE
from tests.support.nodes import FIRST_NODES, NODES
from tests.support.scheduled_installation import RETRY_SECONDS, ScheduledInstallation
from tests.systems.schedulers.awaited import (
    DAG_ID,
    SECONDS,
    Attempt,
    attempts,
    await_run_after,
    await_state,
)

pytestmark = [pytest.mark.systems, pytest.mark.timeout(3000)]


@dataclass(frozen=True)
class ThreeRuns:
    """Three scheduled runs; a second span arrived during the first, a cut one during the second.

    At first the configuration gave a node less time than any takes, until one had failed by that.

    Attributes:
        installation: what they left.
        runs: as Airflow's database has them.
        tasks: of each run, likewise.
        timed_out: the attempts at the first run's first task.
        cut: the attempts at reading the cut span.
    """

    installation: ScheduledInstallation
    runs: list[DagRun]
    tasks: list[list[TaskState]]
    timed_out: list[Attempt]
    cut: list[Attempt]


@pytest.fixture(scope="module")
def three_runs(tmp_path_factory: pytest.TempPathFactory) -> ThreeRuns:
    installation = ScheduledInstallation.make(tmp_path_factory.mktemp("airflow2"))
    installation.arrive(1, ratings=2000)
    installation.configure(node_timeout_minutes=0.001)
    environment = {CONFIG_VARIABLE: str(installation.config)}
    arrivals: list[Callable[[], None]] = [
        lambda: installation.arrive(2, ratings=3000),
        lambda: installation.arrive(3, ratings=2500, cut=True),
        lambda: None,
    ]
    with AirflowServer(AIRFLOW_2, installation.folder / "airflow", environment) as server:
        database = server.database
        run = await_run(server, DAG_ID)
        await_state(server, run, "CuratedSchema", "up_for_retry")
        installation.configure()
        runs: list[DagRun] = []
        for arrive in arrivals:
            run = await_run_after(server, len(runs))
            await_state(server, run, "MovieLensExampleGen", "success", "failed")
            arrive()
            runs.append(follow_run(server, DAG_ID, run.id, seconds=SECONDS))
        return ThreeRuns(
            installation,
            runs,
            [database.tasks(DAG_ID, run.id) for run in runs],
            timed_out=attempts(server, runs[0], "CuratedSchema"),
            cut=attempts(server, runs[2], "MovieLensExampleGen"),
        )


def test_what_failed_once_is_tried_again_and_the_run_is_green(three_runs: ThreeRuns) -> None:
    assert [(run.type, run.state) for run in three_runs.runs[:2]] == [("scheduled", "success")] * 2
    first, second = ({task.id: task for task in tasks} for tasks in three_runs.tasks[:2])
    assert {(task.state, task.tries) for task in second.values()} == {("success", 1)}
    assert first.keys() == second.keys() == set(NODES)
    assert {task.state for task in first.values()} == {"success"}
    assert {task.tries for node, task in first.items() if node not in FIRST_NODES} == {1}
    assert first["CuratedSchema"].tries > 1


def test_a_task_that_takes_too_long_is_killed(three_runs: ThreeRuns) -> None:
    killed, *_, last = three_runs.timed_out
    assert (killed.state, last.state) == ("failed", "success")
    folder = three_runs.installation.folder / "airflow" / "logs"
    log = next(folder.glob(f"*/run_id={three_runs.runs[0].id}/*=CuratedSchema/attempt=1.log"))
    assert "AirflowTaskTimeout: Timeout, PID: " in log.read_text()


def test_the_first_run_pushed_a_version(three_runs: ThreeRuns) -> None:
    recorded = three_runs.installation.recorded_run(three_runs.runs[0].id)
    assert recorded.states() == dict.fromkeys(NODES, "COMPLETE")
    assert recorded.span() == 1
    assert recorded.is_blessed()
    assert recorded.pushed_version() == three_runs.installation.versions()[0]


def test_the_second_run_learned_from_the_new_span_and_was_held_to_the_first(
    three_runs: ThreeRuns,
) -> None:
    first, second, _ = (three_runs.installation.recorded_run(run.id) for run in three_runs.runs)
    states = second.states()
    # The schema has not changed; all that reads the ratings ran again.
    assert states.pop("CuratedSchema") == "CACHED"
    assert states == dict.fromkeys(set(NODES) - {"CuratedSchema"}, "COMPLETE")
    assert second.span() == 2
    models = [run.output("Trainer", "Model").id for run in (first, second)]
    assert second.inputs("Evaluator", "Model") == models
    assert second.is_blessed()
    assert second.pushed_version() == three_runs.installation.versions()[1]


def test_a_run_whose_node_fails_time_and_again_has_failed_and_pushed_nothing(
    three_runs: ThreeRuns,
) -> None:
    assert (three_runs.runs[2].type, three_runs.runs[2].state) == ("scheduled", "failed")
    states = {task.id: task.state for task in three_runs.tasks[2]}
    assert states.pop("CuratedSchema") == "success"
    assert states.pop("MovieLensExampleGen") == "failed"
    assert set(states.values()) - {None} == {"upstream_failed"}
    assert len(three_runs.installation.versions()) == 2


def test_each_wait_before_another_attempt_is_about_twice_the_one_before(
    three_runs: ThreeRuns,
) -> None:
    assert [(each.number, each.state) for each in three_runs.cut] == [
        (number, "failed") for number in (1, 2, 3)
    ]
    waits = [
        (later.started - earlier.ended).total_seconds()
        for earlier, later in itertools.pairwise(three_runs.cut)
    ]
    # Airflow draws a wait from between the delay and twice of it, and is as late as it is busy.
    assert waits[0] >= RETRY_SECONDS
    assert waits[1] >= 2 * RETRY_SECONDS


def test_the_failure_is_told_once_with_node_and_reason(three_runs: ThreeRuns) -> None:
    (told,) = three_runs.installation.alerts()
    reason = told.pop("failures")
    assert told == {
        "event": "scheduler_alert",
        "pipeline": "movielens",
        "run_id": three_runs.runs[2].id,
        "status": "failed",
        "failed_node": "MovieLensExampleGen",
        "output": str(three_runs.installation.output),
    }
    assert len(reason) == 1
    assert "span-3/ratings.csv ends in the middle of a line" in reason[0]
