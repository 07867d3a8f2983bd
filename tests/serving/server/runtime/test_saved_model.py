import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray

from serving.protos import prediction_service_pb2_grpc
from serving.server.runtime.saved_model import CTensor, SavedModel
from serving.server.status import StatusError
from serving.tensors import encode
from tests.serving.conftest import RunServer
from tests.support.grpc_stubs import BuildPredictRequest


@pytest.fixture
def model(saved_models: Path) -> Iterator[SavedModel]:
    loaded = SavedModel(saved_models / "1")
    yield loaded
    loaded.close()


def tensor(array: NDArray[np.int64]) -> CTensor:
    return CTensor.from_proto(encode(array))


def test_row_13_timeout_ends_the_run_in_the_words_of_tensorflow(model: SavedModel) -> None:
    total = model.signatures["spin"].outputs["total"].name
    started = time.monotonic()
    with pytest.raises(StatusError, match="Timed out waiting for notification") as caught:
        model.run({"spin_steps:0": tensor(np.array(10**12))}, [total], 0.05)
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("name", ["nothing:0", "spin_steps:9"])
def test_tensor_that_is_not_in_the_graph_is_named(model: SavedModel, name: str) -> None:
    with pytest.raises(StatusError, match=f"Tensor {name}, specified in either feed_devices"):
        model.run({}, [name], None)


@pytest.mark.parametrize(
    ("built", "code", "message"),
    [
        (
            "py_function",
            "INVALID_ARGUMENT",
            "No OpKernel was registered to support Op 'EagerPyFunc'",
        ),
        ("jit_compile", "INTERNAL", "XLA compilation disabled"),
    ],
)
def test_model_that_tensorflow_serving_cannot_run_loads_and_fails_here_too(
    run_server: RunServer,
    saved_models: Path,
    base_path: Path,
    predict_request: BuildPredictRequest,
    built: str,
    code: str,
    message: str,
) -> None:
    shutil.rmtree(base_path / "1")
    shutil.copytree(saved_models / built, base_path / "1")
    server = run_server()
    with grpc.insecure_channel(server.target) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Predict(predict_request({"x": np.ones(2, np.float32)}))
    assert caught.value.code().name == code
    assert caught.value.details().startswith(message)
