"""Server reflection: what tools such as grpcurl ask for services and messages."""

import grpc
from grpc_reflection.v1alpha import reflection

from serving.protos import model_service_pb2, prediction_service_pb2


def enable_reflection(server: grpc.Server, *further_services: str) -> None:
    """Lets clients of a server ask for its services and their messages.

    Args:
        server: Has TensorFlow Serving's two services.
        further_services: Full names of what it has beside them.
    """
    names = [
        service.full_name
        for module in (prediction_service_pb2, model_service_pb2)
        for service in module.DESCRIPTOR.services_by_name.values()
    ]
    reflection.enable_server_reflection(
        [*names, *further_services, reflection.SERVICE_NAME], server
    )
