"""Calls to the embedded server, logged where they are made."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import numpy as np
import pytest

from serving.client import AsyncRecommenderClient, RatedMovie, RecommenderClient, RequestLog
from serving.protos import predict_pb2, prediction_log_pb2, prediction_service_pb2_grpc
from serving.server_process import ServerProcess
from serving.tfrecord import read_records
from tests.support.grpc_stubs import BuildPredictRequest

MakeLog = Callable[..., RequestLog]

Call = Callable[[grpc.UnaryUnaryMultiCallable, predict_pb2.PredictRequest], Any]
Exchange = tuple[predict_pb2.PredictRequest, Any]
Ask = Callable[..., Exchange]

PATIENCE_SECONDS = 20.0
READ_BY_TENSORFLOW = """
import sys, tensorflow as tf
for record in tf.data.TFRecordDataset(sys.argv[1:]).as_numpy_iterator():
    print(record.hex())
"""


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[MakeLog]:
    """Makes a log, which is closed with the test."""
    logs = []

    def make(**options: Any) -> RequestLog:
        logs.append(RequestLog(tmp_path / "log" / "requests", **options))
        return logs[-1]

    yield make
    for log in logs:
        log.close()


@pytest.fixture
def ask(channel: grpc.Channel, predict_request: BuildPredictRequest) -> Ask:
    """Asks a text of the server, over a channel that a log intercepts."""

    def asked(
        log: RequestLog,
        text: str | float,
        how: Call = lambda method, request: method(request, timeout=PATIENCE_SECONDS),
    ) -> Exchange:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(
            grpc.intercept_channel(channel, log)
        )
        request = predict_request({"text": np.array([text])}, signature_name="exclaim")
        return request, how(stub.Predict, request)

    return asked


def files(folder: Path, suffix: str = ".tfrecord") -> list[Path]:
    return sorted((folder / "log").glob(f"requests-*{suffix}"))


def logs_in(folder: Path) -> list[prediction_log_pb2.PredictionLog]:
    """What the finished files hold."""
    records = [record for path in files(folder) for record in read_records(path)]
    return [prediction_log_pb2.PredictionLog.FromString(record) for record in records]


def texts_in(folder: Path) -> list[str]:
    requests = [log.predict_log.request for log in logs_in(folder)]
    return [request.inputs["text"].string_val[0].decode() for request in requests]


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)


def test_what_was_asked_and_answered_is_logged_for_tensorflow_to_read(
    ask: Ask, logged: MakeLog, tmp_path: Path
) -> None:
    log, started = logged(), int(time.time())
    exchanges = [ask(log, "one"), ask(log, "two")]
    with pytest.raises(grpc.RpcError):
        ask(log, 1.5)  # not a text: refused, so without an answer to log
    log.close()
    assert log.counts == (2, 0, 0, 0)
    (file,) = files(tmp_path)
    read = subprocess.run(
        [sys.executable, "-c", READ_BY_TENSORFLOW, str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    records = [bytes.fromhex(line) for line in read.stdout.split()]
    read_logs = list(map(prediction_log_pb2.PredictionLog.FromString, records))
    for read_log, (request, response) in zip(read_logs, exchanges, strict=True):
        assert read_log.predict_log.request == request
        assert read_log.predict_log.response == response
        spec = read_log.log_metadata.model_spec
        assert (spec.name, spec.signature_name, spec.version.value) == ("movielens", "exclaim", 2)
        assert read_log.log_metadata.sampling_config.sampling_rate == 1.0
        assert started <= read_log.log_metadata.timestamp_secs <= time.time()


def test_every_way_to_call_is_logged_once(
    ask: Ask, logged: MakeLog, channel: grpc.Channel, tmp_path: Path
) -> None:
    log = logged()
    ask(log, "called")
    ask(log, "with_call", lambda method, request: method.with_call(request))

    def call_later(
        method: grpc.UnaryUnaryMultiCallable, request: predict_pb2.PredictRequest
    ) -> predict_pb2.PredictResponse:
        call = method.future(request)
        request.inputs["text"].string_val[0] = b"changed by its owner"
        return call.result()

    _, response = ask(log, "future", call_later)
    assert response.outputs["text"].string_val == [b"future!"]
    request, _ = ask(log, "bytes")
    method: grpc.UnaryUnaryMultiCallable = grpc.intercept_channel(channel, log).unary_unary(
        "/tensorflow.serving.PredictionService/Predict"
    )
    method(request.SerializeToString())
    wait_until(lambda: log.counts.written == 5)
    log.close()
    assert texts_in(tmp_path) == ["called", "with_call", "future", "bytes", "bytes"]


def test_calls_by_asyncio_are_logged(
    server: ServerProcess, logged: MakeLog, predict_request: BuildPredictRequest, tmp_path: Path
) -> None:
    log = logged()

    async def ask_twice() -> tuple[predict_pb2.PredictResponse, grpc.StatusCode]:
        channel = grpc.aio.insecure_channel(server.target, interceptors=[log.for_asyncio()])
        async with channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            request = predict_request({"text": np.array(["one"])}, signature_name="exclaim")
            response = await stub.Predict(request)
            request.model_spec.signature_name = "unlike"
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Predict(request)
            return response, caught.value.code()

    response, code = asyncio.run(ask_twice())
    assert response.outputs["text"].string_val == [b"one!"]
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    log.close()
    assert texts_in(tmp_path) == ["one"]


def test_a_cancelled_call_is_cancelled_and_not_logged(
    server: ServerProcess, logged: MakeLog, predict_request: BuildPredictRequest
) -> None:
    log = logged()
    request = predict_request({"steps": np.array(10**9)}, signature_name="spin")

    async def cancel() -> None:
        channel = grpc.aio.insecure_channel(server.target, interceptors=[log.for_asyncio()])
        async with channel:
            call = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(
                request, timeout=2.0
            )
            await asyncio.sleep(0.1)
            assert call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    asyncio.run(cancel())
    log.close()
    assert log.counts == (0, 0, 0, 0)


def test_both_clients_take_a_log(server: ServerProcess, logged: MakeLog, tmp_path: Path) -> None:
    log, history = logged(), [[RatedMovie(movie_id=10, rating=5.0)]]
    with RecommenderClient(server.target, request_log=log) as client:
        client.recommend(history, k=2)
        client.model_status()  # is not logged

    async def rate() -> None:
        async with AsyncRecommenderClient(server.target, request_log=log) as client:
            await client.rate(history, [[20]])

    asyncio.run(rate())
    log.close()
    signatures = [log.log_metadata.model_spec.signature_name for log in logs_in(tmp_path)]
    assert signatures == ["recommend", "rate"]


@pytest.mark.parametrize(("rate", "least", "most"), [(0.0, 0, 0), (0.5, 150, 250)])
def test_a_share_of_the_calls_is_logged(
    ask: Ask, logged: MakeLog, tmp_path: Path, rate: float, least: int, most: int
) -> None:
    log = logged(sampling_rate=rate)
    for number in range(400):  # of which a half is 200, give or take 10
        ask(log, str(number))
    log.close()
    assert least <= len(logs_in(tmp_path)) <= most
    assert not files(tmp_path, ".open")


def test_files_are_closed_by_size_and_have_their_name_only_then(
    ask: Ask, logged: MakeLog, tmp_path: Path
) -> None:
    log = logged(max_file_bytes=2000)
    for _ in range(3):
        ask(log, "x" * 800)  # twice in a record, for the answer has it too
    wait_until(lambda: log.counts.written == 3 and len(files(tmp_path)) == 1)
    assert texts_in(tmp_path) == ["x" * 800] * 2
    assert files(tmp_path, ".open")
    log.close()
    assert [len(list(read_records(path))) for path in files(tmp_path)] == [2, 1]
    assert not files(tmp_path, ".open")


def test_files_are_closed_by_age_without_another_call(
    ask: Ask, logged: MakeLog, tmp_path: Path
) -> None:
    log = logged(max_file_seconds=0.3)
    for text in ("old", "new"):
        ask(log, text)
        wait_until(lambda text=text: text in texts_in(tmp_path))  # type: ignore[misc]
    assert len(files(tmp_path)) == 2


def test_a_folder_that_cannot_be_written_is_told_once_and_no_caller(
    ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    with RequestLog(tmp_path / "file" / "requests") as log:
        for _ in range(3):
            _, response = ask(log, "x")
            assert response.outputs["text"].string_val == [b"x!"]
    assert log.counts == (0, 0, 3, 0)
    (message,) = caplog.messages
    assert "A request is not logged to" in message
    assert "File exists" in message


class Done:
    """A call that has come back with something, or failed."""

    def __init__(self, result: bytes | None) -> None:
        self._result = result

    def add_done_callback(self, callback: Callable[[Any], object]) -> None:
        callback(self)

    def result(self) -> bytes | None:
        return self._result


@pytest.mark.parametrize(
    ("request_", "response"),
    [(object(), b""), (b"\xff", b""), (b"", b"\xff"), (b"", None), ("text", b"")],
)
def test_odd_messages_are_counted_and_no_matter_to_the_caller(
    logged: MakeLog, caplog: pytest.LogCaptureFixture, request_: object, response: bytes | None
) -> None:
    class Details:
        method = "/tensorflow.serving.PredictionService/Predict"

    log = logged()
    for _ in range(2):
        call = log.intercept_unary_unary(lambda _, __: Done(response), Details(), request_)
        assert call.result() is response
    log.close()
    assert log.counts == (0, 0, 0, 2)
    assert len(caplog.messages) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampling_rate": 1.5}, "from 0 to 1. Received: 1.5"),
        ({"sampling_rate": float("nan")}, "Received: nan"),
        ({"max_file_bytes": 0}, "positive. Received: 0, 300.0 and 67108864"),
    ],
)
def test_an_option_out_of_its_range_is_refused(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        RequestLog(tmp_path / "requests", **options)
