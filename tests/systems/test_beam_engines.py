"""The pipeline on a real Flink and a real Spark, undisturbed and disturbed.

A run in this process says what the data have to be. The disturbed runs are of the first node alone.
"""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from deploy.local_servers.beam_engine import WORKERS, BeamEngine
from deploy.local_servers.run_beam_engine import BEAM_NODES, ENGINES, differences, examples
from deploy.local_servers.server import wait_for
from tests.support.forked_runs import ForkedRuns, Run
from tests.systems.conftest import small_run, states

pytestmark = [pytest.mark.systems, pytest.mark.e2e, pytest.mark.timeout(1200)]

INGEST = "MovieLensExampleGen"
INTERRUPTED = 130


@pytest.fixture(scope="module")
def local(
    ratings_folder: Path, forked: ForkedRuns, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The output of a run without an engine."""
    output = tmp_path_factory.mktemp("local")
    log = output.with_suffix(".log")
    assert forked.run(small_run(output, ratings_folder, log)) == 0, log.read_text()
    return output


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BeamEngine]:
    with ENGINES[request.param](tmp_path_factory.mktemp(request.param)) as engine:
        yield engine


class EngineRuns:
    """Runs on the engine, each in a folder of its own, so that no cache hides what ran there."""

    def __init__(self, engine: BeamEngine, data: Path, forked: ForkedRuns, output: Path) -> None:
        self._engine, self._data, self._forked = engine, data, forked
        self.output, self.log = output, output.with_suffix(".log")

    def run(self) -> int:
        return self._forked.run(self._run())

    def ingest(self, disturb: Callable[[], None] = lambda: None) -> int:
        """Runs the first node, and calls `disturb` as soon as its job runs."""
        arguments = [*self._run().arguments, "--node", INGEST, "--run-id", "r1"]
        run = Run(arguments=arguments, stdout=self.log, stderr=self.log)
        with ThreadPoolExecutor(1) as thread:
            code = thread.submit(self._forked.run, run)
            wait_for("job", lambda: code.done() or self._engine.running_jobs(), seconds=120)
            disturb()
            return code.result()

    def interrupt(self) -> None:
        (run,) = psutil.Process(self._forked._process.pid).children()
        run.send_signal(signal.SIGINT)

    def _run(self) -> Run:
        beam_args = f"beam.args={list(self._engine.beam_args)}"
        return small_run(self.output, self._data, self.log, beam_args)


@pytest.fixture
def runs(
    engine: BeamEngine, ratings_folder: Path, forked: ForkedRuns, tmp_path: Path
) -> EngineRuns:
    return EngineRuns(engine, ratings_folder, forked, tmp_path / "output")


def ingested(output: Path) -> dict[str, list[bytes]]:
    return {name: records for name, records in examples(output).items() if INGEST in name}


def test_a_run_makes_the_examples_and_metrics_of_a_local_one(
    engine: BeamEngine, runs: EngineRuns, local: Path
) -> None:
    assert runs.run() == 0, runs.log.read_text()
    assert {states(runs.output)[node] for node in BEAM_NODES} == {"executed"}
    assert len(ingested(local)) == 4  # the splits
    assert differences(local, runs.output) == []
    assert engine.running_jobs() == []


def test_a_killed_task_manager_is_replaced_and_the_data_are_the_same(
    engine: BeamEngine, runs: EngineRuns, local: Path
) -> None:
    def replace() -> None:
        killed = engine.processes[engine.worker_process]
        killed.kill()
        killed.wait()
        engine.start(engine.worker_process)

    assert runs.ingest(replace) == 0, runs.log.read_text()
    assert ingested(runs.output) == ingested(local)
    assert not list(runs.output.glob("pipeline_root/*/*/*/.partial"))


def test_a_killed_python_worker_ends_in_the_same_data_or_in_a_line_that_says_so(
    engine: BeamEngine, runs: EngineRuns, local: Path
) -> None:
    def kill() -> None:
        for worker in wait_for("worker", lambda: python_workers(engine), seconds=60):
            worker.kill()

    if runs.ingest(kill) != 0:
        assert engine.title == "Spark"  # which has no delay before it tries a task again
        assert "a Python worker died at its work" in runs.log.read_text()
        assert runs.ingest() == 0, runs.log.read_text()
    assert ingested(runs.output) == ingested(local)


def python_workers(engine: BeamEngine) -> list[psutil.Process]:
    """The workers that the pool's fork server has started."""
    pool = psutil.Process(engine.processes[WORKERS].pid)
    return [worker for child in pool.children() for worker in child.children()]


def test_ctrl_c_leaves_no_job_behind(engine: BeamEngine, runs: EngineRuns) -> None:
    assert runs.ingest(runs.interrupt) == INTERRUPTED, runs.log.read_text()
    wait_for("end of the job", lambda: not engine.running_jobs(), seconds=30)
    if engine.title == "Flink":
        jobs = engine.read(f"{engine.web_page}/jobs/overview")["jobs"]
        assert max(jobs, key=lambda job: job["start-time"])["state"] == "CANCELED"


def test_a_cluster_without_a_worker_is_told_at_once(engine: BeamEngine, runs: EngineRuns) -> None:
    if engine.title != "Flink":
        pytest.skip("Spark waits for a worker as long as it takes")
    task_manager = engine.processes[engine.worker_process]
    task_manager.kill()
    task_manager.wait()
    slots = f"{engine.web_page}/overview"
    try:
        wait_for("loss", lambda: engine.read(slots)["slots-total"] == 0, seconds=120)
        assert runs.ingest() == 1
        assert "has no task slots. Start a TaskManager" in runs.log.read_text()
    finally:
        engine.start(engine.worker_process)
