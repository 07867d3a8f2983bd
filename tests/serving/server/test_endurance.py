"""Fifty thousand requests of every kind: the server does not grow."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

import grpc
import numpy as np
import psutil
import pytest

from serving.client import NewMovie, RatedMovie, messages
from serving.protos import (
    get_model_metadata_pb2,
    get_model_status_pb2,
)
from tests.serving.conftest import RunServer
from tests.support.grpc_stubs import BuildPredictRequest

SERVICE = "/tensorflow.serving"
WARM_UP, REQUESTS = 10_000, 50_000
CLIENTS, CHUNK = 8, 500
ALLOWED_GROWTH_BYTES = 6 * 2**20  # some 120 bytes a request


def kinds_of_requests(predict_request: BuildPredictRequest) -> Iterator[tuple[str, bytes, str]]:
    """Method, bytes and the code that is due, of everything that a client sends."""
    history = [[RatedMovie(movie_id=10, rating=5.0), RatedMovie(movie_id=20, rating=1.0)]]
    predicts = [
        ("recommend", messages.recommend_inputs(history, k=3, exclude=[[30]]), "OK"),
        ("rate", messages.rate_inputs(history, [[40, 50]]), "OK"),
        ("similar", messages.similar_inputs([10], k=2), "OK"),
        ("embed", messages.embed_inputs([NewMovie(title="New (2031)")]), "OK"),
        ("recommend", {"k": np.array([1], np.int32)}, "INVALID_ARGUMENT"),
        ("no such signature", {}, "FAILED_PRECONDITION"),
    ]
    for signature_name, inputs, code in predicts:
        request = predict_request(inputs, signature_name=signature_name)
        yield f"{SERVICE}.PredictionService/Predict", request.SerializeToString(), code
    unknown = predict_request({}, name="unknown").SerializeToString()
    yield f"{SERVICE}.PredictionService/Predict", unknown, "NOT_FOUND"
    yield f"{SERVICE}.PredictionService/Predict", b"\xff", "INTERNAL"
    status = get_model_status_pb2.GetModelStatusRequest()
    status.model_spec.name = "movielens"
    yield f"{SERVICE}.ModelService/GetModelStatus", status.SerializeToString(), "OK"
    metadata = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    metadata.model_spec.name = "movielens"
    yield f"{SERVICE}.PredictionService/GetModelMetadata", metadata.SerializeToString(), "OK"


@pytest.mark.systems
@pytest.mark.timeout(1800)
def test_memory_is_flat_over_fifty_thousand_requests(
    run_server: RunServer, predict_request: BuildPredictRequest
) -> None:
    server = run_server()
    process = psutil.Process(server.process_id)
    with grpc.insecure_channel(server.target) as channel, ThreadPoolExecutor(CLIENTS) as clients:
        calls: list[tuple[grpc.UnaryUnaryMultiCallable, bytes, str]] = [
            (channel.unary_unary(method), content, code)
            for method, content, code in kinds_of_requests(predict_request)
        ]

        def ask(
            chunk: list[tuple[grpc.UnaryUnaryMultiCallable, bytes, str]],
        ) -> list[tuple[str, str]]:
            return [(code, answered(method, content)) for method, content, code in chunk]

        def send(count: int) -> None:
            chunks = (list(islice(cycle(calls), CHUNK)) for _ in range(count // CHUNK))
            for pairs in clients.map(ask, chunks):
                assert [pair for pair in pairs if pair[0] != pair[1]] == []

        send(WARM_UP)
        before = process.memory_info().rss
        send(REQUESTS)
        assert process.memory_info().rss - before < ALLOWED_GROWTH_BYTES


def answered(method: grpc.UnaryUnaryMultiCallable, content: bytes) -> str:
    try:
        method(content, timeout=60)
    except grpc.RpcError as error:
        return error.code().name
    return "OK"
