"""Fixtures of tests that talk gRPC to a server, over the `channel` that their folder opens."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from serving.protos import (
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)
from serving.tensors import Array, encode

MODEL_NAME = "movielens"


@pytest.fixture(scope="session")
def predictions(channel: grpc.Channel) -> Any:
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="session")
def models(channel: grpc.Channel) -> Any:
    return model_service_pb2_grpc.ModelServiceStub(channel)


@pytest.fixture(scope="session")
def predict_request() -> Callable[..., Any]:
    """Builds a PredictRequest from arrays."""

    def build(inputs: dict[str, Array], *, signature_name: str = "", name: str = MODEL_NAME) -> Any:
        return predict_pb2.PredictRequest(
            model_spec=model_pb2.ModelSpec(name=name, signature_name=signature_name),
            inputs={alias: encode(array) for alias, array in inputs.items()},
        )

    return build
