"""Requests that are small on the wire and huge in memory, and more requests than there is room."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np
import psutil
import pytest

from serving.protos import (
    predict_pb2,
    prediction_service_pb2_grpc,
    tensor_pb2,
    types_pb2,
)
from serving.server.predict import unpacked_bytes
from serving.server_process import ServerProcess
from tests.serving.conftest import RunServer
from tests.support.grpc_stubs import BuildPredictRequest

LIMIT = 256 * 2**20


def declared(dtype: int, *sizes: int, **values: Any) -> tensor_pb2.TensorProto:
    proto = tensor_pb2.TensorProto(dtype=dtype, **values)
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    return proto


@pytest.mark.parametrize(
    ("proto", "expected"),
    [
        (declared(types_pb2.DT_FLOAT), 4),
        (declared(types_pb2.DT_DOUBLE, 10, 3), 240),
        (declared(types_pb2.DT_INT64, 5, 0), 40),
        (declared(types_pb2.DT_STRING, 3, string_val=[b"ab", b"cdef"]), 3 * 24 + 6 + 4),
        (declared(types_pb2.DT_STRING, 3), 72),
        (declared(types_pb2.DT_FLOAT, -1, 2**60), 0),
        (declared(types_pb2.DT_QINT8, 8), 8),
        (declared(types_pb2.DT_FLOAT, 2**40, 2**40), 2**82),
    ],
    ids=[
        *("scalar", "matrix", "empty rows", "string that is repeated", "empty strings"),
        *("refused by TensorFlow anyway", "type without a match", "more than an int64"),
    ],
)
def test_memory_is_reckoned_from_the_declared_shape(
    proto: tensor_pb2.TensorProto, expected: int
) -> None:
    assert unpacked_bytes(proto) == expected


@pytest.mark.parametrize("sizes", [(2**34, 4), (2**40, 0)], ids=["values left out", "empty rows"])
def test_huge_shape_is_refused_before_it_takes_memory(
    server: ServerProcess,
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    predict_request: BuildPredictRequest,
    sizes: tuple[int, int],
) -> None:
    request = predict_request({"x": np.ones([1, 4], np.float32), "k": np.array(3, np.int32)})
    request.inputs["x"].CopyFrom(declared(types_pb2.DT_FLOAT, *sizes))
    before = psutil.Process(server.process_id).memory_info().rss
    with pytest.raises(grpc.RpcError) as caught:
        predictions.Predict(request)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    needed = 4 * sizes[0] * max(1, sizes[1]) + 4
    assert caught.value.details() == (
        f"The tensors of this request take {needed} bytes once unpacked; expected at most {LIMIT}. "
        "Send fewer rows, or raise the server's --max_request_tensor_bytes."
    )
    assert psutil.Process(server.process_id).memory_info().rss - before < 2**24


def test_flood_is_refused_at_once_and_the_server_answers_afterwards(
    run_server: RunServer, predict_request: BuildPredictRequest
) -> None:
    server = run_server("--grpc_max_threads=1", "--max_queued_requests=2")
    spin = predict_request({"steps": np.array(10**12)}, signature_name="spin")
    quick = predict_request({"steps": np.array(1)}, signature_name="spin")
    with grpc.insecure_channel(server.target) as channel, ThreadPoolExecutor(12) as clients:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        start = threading.Barrier(12)

        def ask(_: object) -> str:
            start.wait()
            with pytest.raises(grpc.RpcError) as caught:
                stub.Predict(spin, timeout=1.5)
            return caught.value.code().name

        codes = list(clients.map(ask, range(12)))
        assert sorted(codes) == ["DEADLINE_EXCEEDED"] * 3 + ["RESOURCE_EXHAUSTED"] * 9
        assert answered_in_the_end(stub, quick)


def answered_in_the_end(
    stub: prediction_service_pb2_grpc.PredictionServiceStub, request: predict_pb2.PredictRequest
) -> bool:
    """Asks until there is room: the server has yet to notice that the flood's clients are gone."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            return "total" in stub.Predict(request, timeout=20).outputs
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED  # noqa: PT017
            time.sleep(0.05)
    return False
