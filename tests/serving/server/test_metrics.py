from pathlib import Path

import grpc
import pytest

from serving.server.metrics import Metrics
from serving.server.status import StatusError


def test_requests_are_counted_by_model_and_status() -> None:
    metrics = Metrics()
    for _ in range(2):
        with metrics.observed("m", "GRPC"):
            pass
    refused = StatusError(grpc.StatusCode.INVALID_ARGUMENT, "no")
    with pytest.raises(StatusError), metrics.observed("m", "GRPC"):
        raise refused
    text = metrics.exposition()
    assert ':tensorflow:serving:request_count{model_name="m",status="OK"} 2\n' in text
    assert ':tensorflow:serving:request_count{model_name="m",status="INVALID_ARGUMENT"} 1\n' in text
    labels = '{model_name="m",API="Predict",entrypoint="GRPC"}'
    assert f":tensorflow:serving:request_latency_count{labels} 3\n" in text


def test_loads_are_counted_by_folder_and_status() -> None:
    metrics = Metrics()
    with metrics.load_attempt(Path("/models/m/1")):
        pass
    missing = StatusError(grpc.StatusCode.NOT_FOUND, "no file")
    for _ in range(2):
        with pytest.raises(StatusError), metrics.load_attempt(Path("/models/m/2")):
            raise missing
    text, name = metrics.exposition(), ":tensorflow:cc:saved_model:load_attempt_count"
    assert f'{name}{{model_path="/models/m/1",status="success"}} 1\n' in text
    assert f'{name}{{model_path="/models/m/2",status="fail"}} 2\n' in text


def test_quotes_in_names_are_escaped() -> None:
    metrics = Metrics()
    with metrics.observed('a"\\\n', "GRPC"):
        pass
    assert r'{model_name="a\"\\\n",status="OK"} 1' in metrics.exposition()
