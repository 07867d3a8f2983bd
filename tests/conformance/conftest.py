"""What a client of TensorFlow Serving can see, asked of any server.

    pytest tests/conformance                                              # ours
    pytest tests/conformance --endpoint=localhost:8500 --rest-endpoint=localhost:8501

The server must serve the models that `python tests/serving/build_models.py FOLDER` writes, from
FOLDER under the name `movielens`, with `--rest_api_timeout_in_ms=2000`; of tensorflow/serving:

    tensorflow_model_server --port=8500 --rest_api_port=8501 --rest_api_timeout_in_ms=2000 \
        --model_name=movielens --model_base_path=FOLDER
"""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import grpc
import pytest

from serving.server_process import ServerProcess
from tests.serving.rest_port import free_port
from tests.serving.toy_models import toy_models
from tests.support.grpc_stubs import MODEL_NAME, models, predict_request, predictions

Ask = Callable[..., tuple[int, str]]

__all__ = ["models", "predict_request", "predictions"]


class Endpoints(NamedTuple):
    grpc: str
    rest: str | None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--endpoint", help="host:port of the gRPC port of a server to test")
    parser.addoption("--rest-endpoint", help="host:port of its HTTP port")


@pytest.fixture(scope="session")
def endpoints(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoints]:
    """Where to ask: the server that was named, else one of ours."""
    # The option is unknown where this folder is one of many that are tested.
    given = request.config.getoption("endpoint", None)
    if given is not None:
        yield Endpoints(given, request.config.getoption("rest_endpoint"))
        return
    models = toy_models(tmp_path_factory.getbasetemp() / "toy_models")
    log_path = tmp_path_factory.mktemp("conformance") / "server.log"
    port = free_port()
    flags = [f"--rest_api_port={port}", "--rest_api_timeout_in_ms=2000"]
    with ServerProcess(models, model_name=MODEL_NAME, log_path=log_path, flags=flags) as server:
        yield Endpoints(server.target, f"localhost:{port}")


@pytest.fixture(scope="session")
def channel(endpoints: Endpoints) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(endpoints.grpc) as opened:
        yield opened


@pytest.fixture
def ask(endpoints: Endpoints) -> Ask:
    """Sends an HTTP request; returns status and text."""
    if endpoints.rest is None:
        pytest.skip("needs --rest-endpoint")
    rest = endpoints.rest

    def send(method: str, path: str, body: Any = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection(rest, timeout=20)
        content = body if isinstance(body, (str, bytes)) or body is None else json.dumps(body)
        connection.request(method, path, content)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    return send
