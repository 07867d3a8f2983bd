"""Server reflection: what tools such as grpcurl ask for services and messages.

The modules of tensorflow-serving-api that describe its two services, `prediction_service_pb2` and
`model_service_pb2`, cannot be imported with protobuf 6 before version 2.21. So the methods that
this server has are described here.
"""

from typing import Any, Final

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha import reflection

from serving.protos import get_model_metadata_pb2, get_model_status_pb2, predict_pb2

_PACKAGE: Final = "tensorflow.serving"
# Service: (method, module of its messages); their names are the method's with Request and Response.
_SERVICES: Final[dict[str, tuple[tuple[str, Any], ...]]] = {
    "PredictionService": (
        ("Predict", predict_pb2),
        ("GetModelMetadata", get_model_metadata_pb2),
    ),
    "ModelService": (("GetModelStatus", get_model_status_pb2),),
}


def enable_reflection(server: grpc.Server, *further_services: str) -> None:
    """Lets clients of a server ask for its services and their messages.

    Args:
        server: Has TensorFlow Serving's two services.
        further_services: Full names of what it has beside them.
    """
    descriptor_pool.Default().Add(_file())
    names = [f"{_PACKAGE}.{name}" for name in _SERVICES]
    reflection.enable_server_reflection(
        [*names, *further_services, reflection.SERVICE_NAME], server
    )


def _file() -> Any:
    modules = [module for methods in _SERVICES.values() for _, module in methods]
    file = descriptor_pb2.FileDescriptorProto(
        name="serving/server/reflection.proto",
        package=_PACKAGE,
        syntax="proto3",
        dependency=[module.DESCRIPTOR.name for module in modules],
    )
    for name, methods in _SERVICES.items():
        service = file.service.add(name=name)
        for method, _ in methods:
            service.method.add(
                name=method,
                input_type=f".{_PACKAGE}.{method}Request",
                output_type=f".{_PACKAGE}.{method}Response",
            )
    return file
