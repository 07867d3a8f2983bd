"""The server as a process: versions that come and go under load, its port, its end."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess
from typing import Self

import grpc
import numpy as np
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from serving.client import RatedMovie, RecommenderClient
from serving.errors import ModelNotLoadedError, ServerStartError
from serving.protos import prediction_service_pb2_grpc
from serving.server_process import ServerProcess
from tests.serving.conftest import Push, RunServer
from tests.support.grpc_stubs import BuildPredictRequest

HISTORY = [RatedMovie(movie_id=10, rating=5.0)]
PATIENCE_SECONDS = 20.0


class Load:
    """Clients that ask without pause and note who answered, until the `with` block ends."""

    def __init__(self, target: str, clients: int = 2) -> None:
        self.answers: list[tuple[int, float]] = []
        self._client = RecommenderClient(target)
        self._done = threading.Event()
        self._threads = ThreadPoolExecutor(clients)
        self._futures = [self._threads.submit(self._ask) for _ in range(clients)]

    def _ask(self) -> None:
        while not self._done.is_set():
            (answer,) = self._client.recommend([HISTORY], k=2)
            self.answers.append((answer.model_version, answer.movies[0].score))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for future in self._futures:
            future.result()  # raises the first failed request
        self._client.close()
        self._threads.shutdown()

    def wait_for_version(self, version: int) -> None:
        wait_until(lambda: self.answers and self.answers[-1][0] == version)


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)


def states(target: str) -> dict[int, str]:
    with RecommenderClient(target) as client:
        return {status.version: status.state for status in client.model_status()}


def test_ten_switches_of_version_under_load_without_a_failed_request(
    run_server: RunServer, push: Push
) -> None:
    server, last = run_server(), 11
    with Load(server.target) as load:
        load.wait_for_version(1)
        for number in range(2, last + 1):
            push(2 if number % 2 == 0 else 1, number)
            load.wait_for_version(number)
    assert {version for version, _ in load.answers} == set(range(1, last + 1))
    # Movie 20 is second of six: 5 plus the version that was built, 1 or 2.
    assert all(score == (6.0 if version % 2 else 7.0) for version, score in load.answers)
    ended = dict.fromkeys(range(1, last), "END")
    wait_until(lambda: states(server.target) == {last: "AVAILABLE", **ended})


def test_corrupt_version_is_kept_out_and_reported(
    run_server: RunServer, saved_models: Path, base_path: Path
) -> None:
    server = run_server()
    with Load(server.target) as load:
        load.wait_for_version(1)
        aside = base_path / "2.pushing"
        shutil.copytree(saved_models / "2", aside)
        (aside / "saved_model.pb").write_bytes(b"not a protobuf at all")
        aside.rename(base_path / "2")
        wait_until(lambda: states(server.target).get(2) == "END")
        asked = len(load.answers)
        wait_until(lambda: len(load.answers) > asked + 10)
    assert {version for version, _ in load.answers} == {1}
    with RecommenderClient(server.target) as client:
        broken, served = client.model_status()
    assert (served.version, served.state, served.error) == (1, "AVAILABLE", "")
    assert "saved_model.pb" in broken.error


def test_deleting_the_newest_version_brings_the_one_below_back(
    run_server: RunServer, push: Push, base_path: Path
) -> None:
    push(2, 2)
    server = run_server()
    with Load(server.target) as load:
        load.wait_for_version(2)
        shutil.rmtree(base_path / "2")
        load.wait_for_version(1)
    wait_until(lambda: states(server.target) == {2: "END", 1: "AVAILABLE"})


def test_missing_base_path_keeps_serving_and_its_return_is_noticed(
    run_server: RunServer, push: Push, base_path: Path, tmp_path: Path
) -> None:
    server = run_server()
    hidden = base_path.with_name("hidden")
    base_path.rename(hidden)
    log = tmp_path / "server-0.log"
    wait_until(lambda: "Could not find base path" in log.read_text())
    assert states(server.target) == {1: "AVAILABLE"}
    hidden.rename(base_path)
    push(2, 2)
    wait_until(lambda: states(server.target) == {2: "AVAILABLE", 1: "END"})


def test_health_is_told_for_the_server_and_both_services(channel: grpc.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    for service in ("", "PredictionService", "ModelService"):
        response = stub.Check(health_pb2.HealthCheckRequest(service=service))
        assert response.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as caught:
        stub.Check(health_pb2.HealthCheckRequest(service="Recommender"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_taken_port_is_one_line_that_names_it_and_the_remedy(base_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("0.0.0.0", 0))  # noqa: S104
        holder.listen()
        port = holder.getsockname()[1]
        ended = run_to_the_end(f"--port={port}", f"--model_base_path={base_path}")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        f"Cannot listen on port {port}: Address already in use. Stop what uses it, or choose "
        "another with --port (0 takes a free one)."
    )
    assert "Traceback" not in ended.stderr


def test_second_server_on_the_same_port_is_refused(server: ServerProcess, base_path: Path) -> None:
    ended = run_to_the_end(f"--port={server.port}", f"--model_base_path={base_path}")
    assert ended.returncode == 1
    assert f"Cannot listen on port {server.port}" in ended.stderr


def test_first_version_that_cannot_be_loaded_ends_the_start(base_path: Path) -> None:
    (base_path / "1" / "saved_model.pb").unlink()
    ended = run_to_the_end(
        "--port=0",
        "--model_name=m",
        f"--model_base_path={base_path}",
        "--max_num_load_retries=0",
    )
    assert ended.returncode == ModelNotLoadedError.exit_code
    assert (
        "Failed to start server. Error: UNKNOWN: 1 servable(s) did not become available: "
        "{{{name: m version: 1} due to error: NOT_FOUND: Specified file path does not appear to "
        "contain a SavedModel bundle"
    ) in ended.stderr


def test_bad_flag_is_refused_with_exit_code_2(base_path: Path) -> None:
    ended = run_to_the_end("--port=99999", f"--model_base_path={base_path}")
    assert ended.returncode == 2
    assert "--port must be between 0 and 65535. Received: 99999" in ended.stderr


def test_server_waits_for_a_first_version(tmp_path: Path, saved_models: Path) -> None:
    folder = tmp_path / "later"
    folder.mkdir()
    pusher = threading.Timer(1.0, lambda: shutil.copytree(saved_models / "1", folder / "1"))
    pusher.start()
    log_path = tmp_path / "log"
    flags = ["--load_retry_interval_micros=100000", "--file_system_poll_wait_seconds=0.1"]
    with ServerProcess(folder, model_name="movielens", log_path=log_path, flags=flags) as server:
        assert states(server.target)[1] == "AVAILABLE"
    pusher.join()


def test_sigterm_finishes_the_request_in_flight_and_exits_with_0(
    run_server: RunServer, predict_request: BuildPredictRequest
) -> None:
    server = run_server()
    slow = predict_request({"steps": np.array(100_000)}, signature_name="spin")
    with grpc.insecure_channel(server.target) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        process = psutil.Process(server.process_id)
        before = process.cpu_times().user
        answer = stub.Predict.future(slow, timeout=PATIENCE_SECONDS)
        wait_until(lambda: process.cpu_times().user > before + 0.05)
        assert not answer.done(), "the request must still run when the signal arrives"
        os.kill(server.process_id, signal.SIGTERM)
        assert "total" in answer.result().outputs
    assert server.stop() == 0


def test_sigterm_again_while_it_ends_changes_nothing(run_server: RunServer) -> None:
    server = run_server()
    for _ in range(200):
        try:
            os.kill(server.process_id, signal.SIGTERM)
        except ProcessLookupError:
            break
        time.sleep(0.01)
    assert server.stop() == 0


def test_health_can_be_turned_off(run_server: RunServer) -> None:
    server = run_server("--enable_grpc_healthcheck_service=false")
    with (
        grpc.insecure_channel(server.target) as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_server_that_ends_at_once_is_reported_with_its_log(tmp_path: Path, base_path: Path) -> None:
    server = ServerProcess(
        base_path, model_name="m", log_path=tmp_path / "log", flags=["--grpc_max_threads=0"]
    )
    with pytest.raises(
        ServerStartError, match=r"exit code 2.*--grpc_max_threads must be at least 1"
    ):
        server.__enter__()


def run_to_the_end(*flags: str) -> CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "serving.server", *flags],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
