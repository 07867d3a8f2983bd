"""Bytes that are no request, and requests that make no sense: refused, one by one, without harm."""

import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.protos import predict_pb2
from serving.server_process import ServerProcess
from tests.serving.rest_port import free_port

METHOD = "/tensorflow.serving.PredictionService/Predict"
FUZZ = settings(deadline=None, derandomize=True)
# Of three kinds of nonsense each: above 10,000 in the long run.
fuzzed = pytest.mark.parametrize("examples", [150, pytest.param(3400, marks=pytest.mark.systems)])
SIZES = st.integers(-1, 5) | st.sampled_from([2**31, 2**62])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "k", "b64", "text"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def target(
    saved_models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int]]:
    """A server's gRPC target and HTTP port; it must be alive and no larger at the end."""
    log_path, port = tmp_path_factory.mktemp("fuzz") / "log", free_port()
    flags = [f"--rest_api_port={port}", "--rest_api_timeout_in_ms=1000"]
    with ServerProcess(saved_models, model_name="m", log_path=log_path, flags=flags) as server:
        process = psutil.Process(server.process_id)
        before = process.memory_info().rss
        yield server.target, port
        assert process.is_running()
        assert process.memory_info().rss - before < 2**28
        # What gRPC's library logs of a handler that failed otherwise than it means to.
        assert "Exception calling application" not in log_path.read_text()


@pytest.fixture(scope="module")
def call(target: tuple[str, int]) -> Iterator[Callable[[bytes], str]]:
    """Sends bytes to Predict; returns the code of the answer."""
    with grpc.insecure_channel(target[0]) as channel:
        method: grpc.UnaryUnaryMultiCallable = channel.unary_unary(METHOD)

        def send(content: bytes) -> str:
            try:
                method(content, timeout=5)
            except grpc.RpcError as error:
                return error.code().name
            return "OK"

        yield send


@fuzzed
def test_bytes_that_are_no_request(call: Callable[[bytes], str], examples: int) -> None:
    @settings(FUZZ, max_examples=examples)
    @given(content=st.binary(max_size=200))
    def refused(content: bytes) -> None:
        # gRPC's library answers what it cannot parse with INTERNAL.
        assert call(content) in {"INTERNAL", "INVALID_ARGUMENT", "NOT_FOUND"}

    refused()


@fuzzed
def test_tensors_that_make_no_sense(call: Callable[[bytes], str], examples: int) -> None:
    @settings(FUZZ, max_examples=examples)
    @given(
        signature_name=st.sampled_from(
            ["", "recommend", "rate", "cast", "exclaim", "similar", "embed"]
        ),
        names=st.sets(
            st.sampled_from(["x", "k", "text", "titles", "genres", "movie_ids"]), max_size=3
        ),
        dtype=st.integers(-1, 30),
        sizes=st.lists(SIZES, max_size=3),
        content=st.binary(max_size=24),
    )
    def answered(
        signature_name: str, names: set[str], dtype: int, sizes: list[int], content: bytes
    ) -> None:
        request = predict_pb2.PredictRequest()
        request.model_spec.name, request.model_spec.signature_name = "m", signature_name
        for name in names:
            proto = request.inputs[name]
            proto.dtype, proto.tensor_content = dtype, content
            for size in sizes:
                proto.tensor_shape.dim.add(size=size)
        code = call(request.SerializeToString())
        assert code in {"OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}

    answered()


@fuzzed
def test_json_that_makes_no_sense(target: tuple[str, int], examples: int) -> None:
    @settings(FUZZ, max_examples=examples)
    @given(
        key=st.sampled_from(["instances", "inputs", "signature_name"]),
        value=JSON,
        signature_name=st.sampled_from(["exclaim", "embed", "serving_default"]),
    )
    def answered(key: str, value: Any, signature_name: str) -> None:
        body = json.dumps({"signature_name": signature_name, key: value})
        connection = http.client.HTTPConnection("localhost", target[1], timeout=10)
        connection.request("POST", "/v1/models/m:predict", body)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        assert response.status in {200, 400, 501}, text

    answered()
