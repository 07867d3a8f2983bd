"""Jobs on an engine, against stand-ins of Beam's job server and of Flink's web page."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import apache_beam as beam
import grpc
import pytest
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

from pipeline.run import beam_jobs
from pipeline.run.beam_jobs import BeamJobError, Job
from pipeline.run.beam_workers import versions
from pipeline.run.reasons import describe_failure

NAME = "movielens-Transform-0a1b2c3d"
JobState = beam_job_api_pb2.JobState


class JobServer(beam_job_api_pb2_grpc.JobServiceServicer):
    """Takes a job, says that it runs, and lets the test decide what becomes of it."""

    def __init__(self) -> None:
        self.on_running: Callable[[], None] = lambda: None
        self.error = ""
        self.prepared = beam_job_api_pb2.PrepareJobRequest()
        self.cancelled = 0
        self.started = threading.Event()
        self._ended = threading.Event()
        self.server = grpc.server(futures.ThreadPoolExecutor())
        beam_job_api_pb2_grpc.add_JobServiceServicer_to_server(self, self.server)
        self.address = f"localhost:{self.server.add_insecure_port('localhost:0')}"
        self.server.start()

    def fail(self, error: str) -> None:
        self.error = error
        self._ended.set()

    def _state(self) -> beam_job_api_pb2.JobStateEvent:
        ended = JobState.CANCELLED if self.cancelled else JobState.FAILED
        return beam_job_api_pb2.JobStateEvent(
            state=ended if self._ended.is_set() else JobState.RUNNING
        )

    def DescribePipelineOptions(self, *_: object) -> object:  # noqa: N802 - Beam's names
        return beam_job_api_pb2.DescribePipelineOptionsResponse()

    def Prepare(self, request: beam_job_api_pb2.PrepareJobRequest, _: object) -> object:  # noqa: N802
        self.prepared = request
        return beam_job_api_pb2.PrepareJobResponse(preparation_id="job")

    def Run(self, *_: object) -> object:  # noqa: N802
        self.started.set()
        return beam_job_api_pb2.RunJobResponse(job_id="job")

    def GetState(self, *_: object) -> object:  # noqa: N802
        return self._state()

    def GetStateStream(self, *_: object) -> Iterator[object]:  # noqa: N802
        yield self._state()
        self.on_running()
        self._ended.wait(60)
        yield self._state()

    def GetMessageStream(self, *_: object) -> Iterator[object]:  # noqa: N802
        self._ended.wait(60)
        yield beam_job_api_pb2.JobMessagesResponse(
            message_response=beam_job_api_pb2.JobMessage(
                importance=beam_job_api_pb2.JobMessage.JOB_MESSAGE_ERROR, message_text=self.error
            )
        )

    def Cancel(self, *_: object) -> object:  # noqa: N802
        self.cancelled += 1
        self._ended.set()
        return beam_job_api_pb2.CancelJobResponse(state=JobState.CANCELLED)


class Flink:
    """The part of Flink's REST API that a run uses."""

    def __init__(self) -> None:
        self.slots = 2
        self.jobs = [{"jid": "17", "name": NAME}, {"jid": "18", "name": "somebody's"}]
        self.cancelled: list[str] = []
        flink = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(
                    {"slots-total": flink.slots}
                    if self.path == "/overview"
                    else {"jobs": flink.jobs}
                )

            def do_PATCH(self) -> None:
                flink.cancelled.append(self.path)
                self._answer({})

            def _answer(self, value: object) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(value).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever).start()


@pytest.fixture
def job_server() -> Iterator[JobServer]:
    job_server = JobServer()
    yield job_server
    job_server.server.stop(None).wait()


@pytest.fixture
def flink() -> Iterator[Flink]:
    flink = Flink()
    yield flink
    flink.server.shutdown()
    flink.server.server_close()


def run(job_server: str, *more: str) -> None:
    arguments = ["--runner=PortableRunner", f"--job_endpoint={job_server}", *more]
    workers = ("--environment_type=EXTERNAL", "--environment_config=host:50000")
    with Job([*arguments, *workers], NAME) as pipeline:
        _ = pipeline | beam.Create([1])


def test_a_stopped_run_cancels_its_job_at_the_job_server_and_at_flink(
    job_server: JobServer, flink: Flink
) -> None:
    job_server.on_running = lambda: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(job_server.address, f"--flink_master={flink.address}")
    assert job_server.cancelled == 1
    assert flink.cancelled == ["/jobs/17"]


def test_without_the_address_of_flink_only_the_job_server_is_asked(job_server: JobServer) -> None:
    job_server.on_running = lambda: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(job_server.address)
    assert job_server.cancelled == 1


def test_a_job_has_the_name_of_its_node_and_workers_are_told_the_versions(
    job_server: JobServer,
) -> None:
    job_server.on_running = lambda: job_server.fail("boom")
    with pytest.raises(RuntimeError, match="boom"):
        run(job_server.address)
    assert job_server.prepared.pipeline_options["beam:option:job_name:v1"] == NAME
    (environment,) = job_server.prepared.pipeline.components.environments.values()
    assert b"host:50000" in environment.payload
    assert versions()["movielens"].encode() in environment.payload


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (
            "java.lang.RuntimeException: no Python worker: tfx 1 of the run is 2 here. Install the "
            "same on both and start the pool again\n\tat org.Some",
            "no Python worker: tfx 1 of the run is 2 here. Install the same on both",
        ),
        (
            "java.net.ConnectException: finishConnect(..) failed: Connection refused",
            "no Python workers answer at host:50000. Start `movielens worker` there",
        ),
        (
            "java.util.concurrent.TimeoutException: Timeout has occurred: 10000 ms",
            "no task slot became free in time. Start a TaskManager",
        ),
        (
            "StatusRuntimeException: CANCELLED: call already cancelled. Use ServerCallStreamO",
            "a Python worker died at its work, and the next attempts failed too",
        ),
        (
            "Traceback (most recent call last):\nmovielens.errors.SourceError: movies.csv is cut\n",
            "movies.csv is cut",
        ),
    ],
)
def test_an_engine_s_error_is_told_in_a_line(
    job_server: JobServer, error: str, meaning: str
) -> None:
    job_server.on_running = lambda: job_server.fail(error)
    with pytest.raises(RuntimeError) as failure:
        run(job_server.address)
    assert describe_failure(failure.value, Path("/output")).startswith(meaning)
    assert job_server.cancelled == 0


def test_a_job_server_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beam_jobs, "_CONNECT_SECONDS", 0.1)
    with pytest.raises(BeamJobError, match=r"no job server of Beam answers at localhost:1 .*Start"):
        run("localhost:1")


def test_a_flink_that_is_not_there_is_named(job_server: JobServer) -> None:
    with pytest.raises(BeamJobError, match=r"no Flink answers at http://localhost:1: .*refused"):
        run(job_server.address, "--flink_master=localhost:1")


def test_a_flink_without_slots_is_refused_at_once(job_server: JobServer, flink: Flink) -> None:
    flink.slots = 0
    with pytest.raises(BeamJobError, match=r"has no task slots\. Start a TaskManager"):
        run(job_server.address, f"--flink_master={flink.address}")


# Beam's thread that reads the job's messages ends with the same error. The test waits for it, or
# the next one would be blamed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_job_server_that_goes_away_is_named(job_server: JobServer) -> None:
    def stop_once_the_job_runs() -> None:
        assert job_server.started.wait(60)
        job_server.server.stop(0.5)  # so that the answer to the start still arrives

    threading.Thread(target=stop_once_the_job_runs).start()
    with pytest.raises(BeamJobError, match=r"stopped answering, and the job .* may still run"):
        run(job_server.address)
    for thread in threading.enumerate():
        if thread.name.startswith("wait_until_finish"):
            thread.join(60)


def test_a_pipeline_in_this_process_runs_as_ever(tmp_path: Path) -> None:
    with Job(["--runner=DirectRunner", "--direct_running_mode=in_memory"], NAME) as pipeline:
        _ = pipeline | beam.Create(["done"]) | beam.Map((tmp_path / "file").write_text)
    assert (tmp_path / "file").read_text() == "done"
