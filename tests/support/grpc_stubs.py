"""Fixtures of tests that talk gRPC to a server, over the `channel` that their folder opens."""

from collections.abc import Callable

import grpc
import pytest

from serving.protos import (
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)
from serving.tensors import Array, encode

BuildPredictRequest = Callable[..., predict_pb2.PredictRequest]

MODEL_NAME = "movielens"


@pytest.fixture(scope="session")
def predictions(channel: grpc.Channel) -> prediction_service_pb2_grpc.PredictionServiceStub:
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="session")
def models(channel: grpc.Channel) -> model_service_pb2_grpc.ModelServiceStub:
    return model_service_pb2_grpc.ModelServiceStub(channel)


@pytest.fixture(scope="session")
def predict_request() -> BuildPredictRequest:
    """Builds a PredictRequest from arrays."""

    def build(
        inputs: dict[str, Array], *, signature_name: str = "", name: str = MODEL_NAME
    ) -> predict_pb2.PredictRequest:
        return predict_pb2.PredictRequest(
            model_spec=model_pb2.ModelSpec(name=name, signature_name=signature_name),
            inputs={alias: encode(array) for alias, array in inputs.items()},
        )

    return build
