"""The HTTP interface of the embedded server: its bounds, its connections, Prometheus."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from serving.errors import ServerStartError
from serving.server_process import ServerProcess
from tests.serving.conftest import RunServer
from tests.serving.rest_port import free_port

Ask = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def port(saved_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The HTTP port of a server that Prometheus may ask."""
    folder = tmp_path_factory.mktemp("rest")
    (folder / "monitoring.config").write_text("prometheus_config { enable: true }")
    chosen = free_port()
    flags = [
        f"--rest_api_port={chosen}",
        f"--monitoring_config_file={folder / 'monitoring.config'}",
        "--max_request_tensor_bytes=10000000",
    ]
    with ServerProcess(saved_models, model_name="m", log_path=folder / "log", flags=flags):
        yield chosen


@pytest.fixture
def ask(port: int) -> Ask:
    """Sends a request; returns status and text."""

    def send(method: str, path: str, body: Any = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("localhost", port, timeout=20)
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    return send


def test_taken_port_ends_the_start(run_server: RunServer, port: int) -> None:
    with pytest.raises(ServerStartError, match=f"Cannot listen on port {port}: Address already"):
        run_server(f"--rest_api_port={port}")


def test_long_body_is_refused_unread(port: int) -> None:
    with socket.create_connection(("localhost", port), timeout=20) as connection:
        connection.sendall(
            b"POST /v1/models/m:predict HTTP/1.1\r\nHost: m\r\nContent-Length: 99999999\r\n\r\n"
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_connection_serves_several_requests(port: int) -> None:
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    for _ in range(3):
        connection.request("GET", "/v1/models/m")
        response = connection.getresponse()
        assert (response.status, bool(response.read())) == (200, True)
    connection.close()


def test_several_clients_are_answered_at_once(ask: Ask) -> None:
    with ThreadPoolExecutor(16) as clients:
        body = {"signature_name": "exclaim", "instances": ["a"]}
        sent = [clients.submit(ask, "POST", "/v1/models/m:predict", body) for _ in range(64)]
        assert {future.result()[0] for future in sent} == {200}


def test_prometheus_reads_counts_and_times(ask: Ask, saved_models: Path) -> None:
    ask("POST", "/v1/models/m:predict", {"signature_name": "exclaim", "instances": ["a"]})
    ask("POST", "/v1/models/nobody:predict", {"instances": ["a"]})
    status, text = ask("GET", "/monitoring/prometheus/metrics")
    assert status == 200
    assert "# TYPE :tensorflow:serving:request_count counter" in text
    assert ':tensorflow:serving:request_count{model_name="m",status="OK"}' in text
    assert f'load_attempt_count{{model_path="{saved_models}/2",status="success"}} 1' in text
    assert "nobody" not in text
    latency = ':tensorflow:serving:request_latency_bucket{model_name="m",API="Predict",'
    assert f'{latency}entrypoint="REST",le="+Inf"}}' in text
    assert text.index('le="10"}') < text.index('le="18"}')


@pytest.mark.parametrize("verb", ["classify", "regress"])
def test_verbs_that_only_tensorflow_serving_has_are_malformed(ask: Ask, verb: str) -> None:
    status, text = ask("POST", f"/v1/models/m:{verb}", {"examples": [{"x": 1.0}]})
    assert status == 400
    assert json.loads(text) == {"error": f"Malformed request: POST /v1/models/m:{verb}"}
