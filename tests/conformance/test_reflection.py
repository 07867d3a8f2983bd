"""Server reflection, by which tools such as grpcurl learn services and messages."""

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)


@pytest.fixture
def database(channel: grpc.Channel) -> ProtoReflectionDescriptorDatabase:
    return ProtoReflectionDescriptorDatabase(channel)


def test_services_are_listed(database: ProtoReflectionDescriptorDatabase) -> None:
    assert {
        "tensorflow.serving.PredictionService",
        "tensorflow.serving.ModelService",
        "grpc.reflection.v1alpha.ServerReflection",
    } <= set(database.get_services())


def test_a_client_without_our_protos_learns_the_messages(
    database: ProtoReflectionDescriptorDatabase,
) -> None:
    service = DescriptorPool(database).FindServiceByName("tensorflow.serving.PredictionService")
    assert {"Predict", "GetModelMetadata", "Classify"} <= set(service.methods_by_name.keys())
    predict = service.methods_by_name["Predict"]
    assert predict.input_type.fields_by_name["inputs"].number == 2
    assert predict.output_type.full_name == "tensorflow.serving.PredictResponse"
