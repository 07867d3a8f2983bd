"""Server reflection: what tools such as grpcurl ask for services and messages.

The modules of tensorflow-serving-api that describe its two services,
`prediction_service_pb2` and `model_service_pb2`, cannot be imported with today's protobuf. The
descriptors are made here, as those files have them, of the messages that can.
"""

from collections.abc import Mapping
from typing import Any, Final

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha import reflection

from serving.protos import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
)

_PACKAGE: Final = "tensorflow.serving"
_Methods = Mapping[str, tuple[Any, Any]]  # request and response of each

_PREDICTION_SERVICE: Final[_Methods] = {
    "Predict": (predict_pb2.PredictRequest, predict_pb2.PredictResponse),
    "GetModelMetadata": (
        get_model_metadata_pb2.GetModelMetadataRequest,
        get_model_metadata_pb2.GetModelMetadataResponse,
    ),
}
_MODEL_SERVICE: Final[_Methods] = {
    "GetModelStatus": (
        get_model_status_pb2.GetModelStatusRequest,
        get_model_status_pb2.GetModelStatusResponse,
    ),
}


def enable_reflection(server: grpc.Server, *further_services: str) -> None:
    """Lets clients of a server ask for its services and their messages.

    Args:
        server: has TensorFlow Serving's two services.
        further_services: full names of what it has beside them.
    """
    pool = descriptor_pool.DescriptorPool()
    _add_service(pool, "prediction_service.proto", "PredictionService", _PREDICTION_SERVICE)
    _add_service(pool, "model_service.proto", "ModelService", _MODEL_SERVICE)
    default = descriptor_pool.Default()
    for name in (*further_services, reflection.SERVICE_NAME):
        _add_file(pool, default.FindServiceByName(name).file)
    names = [f"{_PACKAGE}.PredictionService", f"{_PACKAGE}.ModelService"]
    reflection.enable_server_reflection(
        [*names, *further_services, reflection.SERVICE_NAME], server, pool=pool
    )


def _add_service(
    pool: descriptor_pool.DescriptorPool, file_name: str, name: str, methods: _Methods
) -> None:
    messages = [message.DESCRIPTOR for pair in methods.values() for message in pair]
    for message in messages:
        _add_file(pool, message.file)
    described = descriptor_pb2.FileDescriptorProto(
        name=f"tensorflow_serving/apis/{file_name}",
        package=_PACKAGE,
        syntax="proto3",
        dependency=dict.fromkeys(message.file.name for message in messages),
    )
    service = described.service.add(name=name)
    for method, (request, response) in methods.items():
        service.method.add(
            name=method,
            input_type=f".{request.DESCRIPTOR.full_name}",
            output_type=f".{response.DESCRIPTOR.full_name}",
        )
    pool.Add(described)


def _add_file(pool: descriptor_pool.DescriptorPool, file: Any) -> None:
    """Adds a file's description, behind those that it builds on, to a pool."""
    for dependency in file.dependencies:
        _add_file(pool, dependency)
    pool.AddSerializedFile(file.serialized_pb)
