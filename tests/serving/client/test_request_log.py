"""Calls to the embedded server, logged where they are made."""

import asyncio
import subprocess
import sys
import time

import grpc
import grpc.aio
import numpy as np
import pytest

from serving.client import AsyncRecommenderClient, RatedMovie, RecommenderClient, RequestLog
from serving.protos import prediction_log_pb2, prediction_service_pb2_grpc
from serving.tfrecord import read_records

PATIENCE_SECONDS = 20.0
READ_BY_TENSORFLOW = """
import sys, tensorflow as tf
for record in tf.data.TFRecordDataset(sys.argv[1:]).as_numpy_iterator():
    print(record.hex())
"""


@pytest.fixture
def logged(tmp_path):
    """Makes a log, which is closed with the test."""
    logs = []

    def make(**options):
        logs.append(RequestLog(tmp_path / "log" / "requests", **options))
        return logs[-1]

    yield make
    for log in logs:
        log.close()


@pytest.fixture
def ask(channel, predict_request):
    """Asks a text of the server, over a channel that a log intercepts."""

    def asked(log, text, how=lambda method, request: method(request, timeout=PATIENCE_SECONDS)):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(
            grpc.intercept_channel(channel, log)
        )
        request = predict_request({"text": np.array([text])}, signature_name="exclaim")
        return request, how(stub.Predict, request)

    return asked


def files(folder, suffix=".tfrecord"):
    return sorted((folder / "log").glob(f"requests-*{suffix}"))


def logs_in(folder):
    """What the finished files hold."""
    records = [record for path in files(folder) for record in read_records(path)]
    return [prediction_log_pb2.PredictionLog.FromString(record) for record in records]


def texts_in(folder):
    requests = [log.predict_log.request for log in logs_in(folder)]
    return [request.inputs["text"].string_val[0].decode() for request in requests]


def wait_until(holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)


def test_what_was_asked_and_answered_is_logged_for_tensorflow_to_read(ask, logged, tmp_path):
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


def test_every_way_to_call_is_logged_once(ask, logged, channel, tmp_path):
    log = logged()
    ask(log, "called")
    ask(log, "with_call", lambda method, request: method.with_call(request))

    def call_later(method, request):
        call = method.future(request)
        request.inputs["text"].string_val[0] = b"changed by its owner"
        return call.result()

    _, response = ask(log, "future", call_later)
    assert response.outputs["text"].string_val == [b"future!"]
    request, _ = ask(log, "bytes")
    method = grpc.intercept_channel(channel, log).unary_unary(
        "/tensorflow.serving.PredictionService/Predict"
    )
    method(request.SerializeToString())
    wait_until(lambda: log.counts.written == 5)
    log.close()
    assert texts_in(tmp_path) == ["called", "with_call", "future", "bytes", "bytes"]


def test_calls_by_asyncio_are_logged(server, logged, predict_request, tmp_path):
    log = logged()

    async def ask_twice():
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


def test_a_cancelled_call_is_cancelled_and_not_logged(server, logged, predict_request):
    log = logged()
    request = predict_request({"steps": np.array(10**9)}, signature_name="spin")

    async def cancel():
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


def test_both_clients_take_a_log(server, logged, tmp_path):
    log, history = logged(), [[RatedMovie(movie_id=10, rating=5.0)]]
    with RecommenderClient(server.target, request_log=log) as client:
        client.recommend(history, k=2)
        client.model_status()  # is not logged

    async def rate():
        async with AsyncRecommenderClient(server.target, request_log=log) as client:
            await client.rate(history, [[20]])

    asyncio.run(rate())
    log.close()
    signatures = [log.log_metadata.model_spec.signature_name for log in logs_in(tmp_path)]
    assert signatures == ["recommend", "rate"]


@pytest.mark.parametrize(("rate", "least", "most"), [(0.0, 0, 0), (0.5, 150, 250)])
def test_a_share_of_the_calls_is_logged(ask, logged, tmp_path, rate, least, most):
    log = logged(sampling_rate=rate)
    for number in range(400):  # of which a half is 200, give or take 10
        ask(log, str(number))
    log.close()
    assert least <= len(logs_in(tmp_path)) <= most
    assert not files(tmp_path, ".open")


def test_files_are_closed_by_size_and_have_their_name_only_then(ask, logged, tmp_path):
    log = logged(max_file_bytes=2000)
    for _ in range(3):
        ask(log, "x" * 800)  # twice in a record, for the answer has it too
    wait_until(lambda: log.counts.written == 3 and len(files(tmp_path)) == 1)
    assert texts_in(tmp_path) == ["x" * 800] * 2
    assert files(tmp_path, ".open")
    log.close()
    assert [len(list(read_records(path))) for path in files(tmp_path)] == [2, 1]
    assert not files(tmp_path, ".open")


def test_files_are_closed_by_age_without_another_call(ask, logged, tmp_path):
    log = logged(max_file_seconds=0.3)
    for text in ("old", "new"):
        ask(log, text)
        wait_until(lambda text=text: text in texts_in(tmp_path))
    assert len(files(tmp_path)) == 2


def test_a_folder_that_cannot_be_written_is_told_once_and_no_caller(ask, tmp_path, caplog):
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

    def __init__(self, result):
        self._result = result

    def add_done_callback(self, callback):
        callback(self)

    def result(self):
        return self._result


@pytest.mark.parametrize(
    ("request_", "response"),
    [(object(), b""), (b"\xff", b""), (b"", b"\xff"), (b"", None), ("text", b"")],
)
def test_odd_messages_are_counted_and_no_matter_to_the_caller(logged, caplog, request_, response):
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
def test_an_option_out_of_its_range_is_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        RequestLog(tmp_path / "requests", **options)
