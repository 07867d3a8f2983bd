"""The pool of workers, asked as an engine asks it."""

import contextlib
import os
import queue
from collections.abc import Iterator
from concurrent import futures

import grpc
import pytest
from apache_beam.portability.api import (
    beam_fn_api_pb2,
    beam_fn_api_pb2_grpc,
    endpoints_pb2,
)

from deploy.local_servers.server import free_port
from pipeline.run import beam_workers
from pipeline.run.beam_workers import WorkerPool, differences, versions

QUICK = ("apache_beam.runners.worker.sdk_worker",)  # all that is preloaded takes twenty seconds


class Engine(beam_fn_api_pb2_grpc.BeamFnControlServicer):
    """Waits for workers to connect, as a TaskManager does, and gives them nothing to do."""

    def __init__(self) -> None:
        self.connected: queue.Queue[str] = queue.Queue()
        self.left: queue.Queue[str] = queue.Queue()
        self._server = grpc.server(futures.ThreadPoolExecutor())
        beam_fn_api_pb2_grpc.add_BeamFnControlServicer_to_server(self, self._server)
        self.address = f"localhost:{self._server.add_insecure_port('localhost:0')}"
        self._server.start()

    def Control(  # noqa: N802 - Beam's name
        self, responses: Iterator[object], context: grpc.ServicerContext
    ) -> Iterator[object]:
        (worker_id,) = (value for key, value in context.invocation_metadata() if key == "worker_id")
        self.connected.put(str(worker_id))
        with contextlib.suppress(grpc.RpcError):
            yield from (each for each in responses if each is None)  # until the worker goes
        self.left.put(str(worker_id))

    def stop(self) -> None:
        self._server.stop(None).wait()


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.stop()


def start(address: str, engine: Engine, **params: str) -> str:
    """Asks the pool for the worker `w1`; returns its error."""
    request = beam_fn_api_pb2.StartWorkerRequest(
        worker_id="w1",
        control_endpoint=endpoints_pb2.ApiServiceDescriptor(url=engine.address),
        params=params,
    )
    with grpc.insecure_channel(address) as channel:
        pool = beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(channel)
        return str(pool.StartWorker(request).error)


@pytest.mark.parametrize("stopped_by", ["the engine", "the end of the pool"])
def test_a_worker_connects_and_is_stopped(stopped_by: str, engine: Engine) -> None:
    address = f"localhost:{free_port()}"
    with WorkerPool(address, QUICK):
        assert start(address, engine, **versions()) == ""
        assert engine.connected.get(timeout=60) == "w1"
        if stopped_by == "the engine":
            with grpc.insecure_channel(address) as channel:
                pool = beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(channel)
                pool.StopWorker(beam_fn_api_pb2.StopWorkerRequest(worker_id="w1"))
            assert engine.left.get(timeout=60) == "w1"
    if stopped_by != "the engine":
        assert engine.left.get(timeout=60) == "w1"


def test_a_run_of_another_version_gets_no_worker(engine: Engine) -> None:
    address = f"localhost:{free_port()}"
    with WorkerPool(address, QUICK):
        error = start(address, engine, **(versions() | {"apache-beam": "1.0"}))
    assert error.startswith("no Python worker: apache-beam 1.0 of the run is 2.")
    assert engine.connected.empty()


def test_a_worker_that_dies_at_its_start_is_told(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beam_workers, "_work", os.kill)  # cannot be called so, and raises
    address = f"localhost:{free_port()}"
    with WorkerPool(address, QUICK):
        error = start(address, engine, **versions())
    assert error.startswith(f"no Python worker: it died before it reached {engine.address}. See")


def test_a_pool_that_cannot_load_its_libraries_does_not_start() -> None:
    with pytest.raises(RuntimeError, match="libraries cannot be loaded"):
        WorkerPool(f"localhost:{free_port()}", ["no_such_module"])


def test_an_address_that_cannot_be_listened_on_is_refused() -> None:
    with pytest.raises(RuntimeError, match="Failed to bind to address no-such-host"):
        WorkerPool("no-such-host.invalid:1", QUICK)


def test_versions_name_what_workers_run() -> None:
    assert list(versions()) == ["python", "apache-beam", "numpy", "tensorflow", "tfx", "movielens"]
    assert differences(versions(), versions()) == ""
