"""The gRPC interface: its services, its port, its bound on requests."""

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from serving.errors import ServerStartError
from serving.protos import model_service_pb2_grpc, prediction_service_pb2_grpc
from serving.server.inference import Inference
from serving.server.malformed_requests import RefuseMalformedRequests
from serving.server.models.manager import ServableManager
from serving.server.options import ServerOptions
from serving.server.reflection import enable_reflection
from serving.server.services import ModelService, PredictionService
from serving.server.text_configs import read_text_config

_HEALTH_NAMES: Final = ("", "PredictionService", "ModelService")  # TF Serving's are unqualified
_DRAIN_SECONDS: Final = 30.0
_UNLIMITED: Final = -1


class GrpcServer:
    """Answers gRPC requests from `start` to `stop`."""

    def __init__(
        self, options: ServerOptions, manager: ServableManager, inference: Inference
    ) -> None:
        self._options = options
        self._threads = ThreadPoolExecutor(options.grpc_max_threads, thread_name_prefix="grpc")
        self._server = grpc.server(
            self._threads,
            interceptors=[RefuseMalformedRequests()],
            maximum_concurrent_rpcs=options.grpc_max_threads + options.max_queued_requests,
            options=(
                ("grpc.so_reuseport", 0),  # or a second server would share the port without a word
                ("grpc.max_receive_message_length", _UNLIMITED),
                ("grpc.max_send_message_length", _UNLIMITED),
            ),
        )
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            PredictionService(manager, inference), self._server
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(
            ModelService(manager), self._server
        )
        if options.enable_grpc_healthcheck_service:
            _add_health(self._server)
            enable_reflection(self._server, health.SERVICE_NAME)
        else:
            enable_reflection(self._server)

    def start(self) -> int:
        """Opens the port.

        Returns:
            The port.

        Raises:
            ServerStartError: the port is taken, or the certificates are of no use.
        """
        port, address = self._options.port, f"0.0.0.0:{self._options.port}"
        credentials = _credentials(self._options)
        try:
            if credentials is None:
                bound = self._server.add_insecure_port(address)
            else:
                bound = self._server.add_secure_port(address, credentials)
        except RuntimeError as error:
            raise ServerStartError(
                f"Cannot listen on port {port}: {reason_unbindable(port)}. Stop what uses it, or "
                "choose another with --port (0 takes a free one)."
            ) from error
        self._server.start()
        return bound

    def stop(self) -> None:
        """Takes no more requests, and finishes those in flight."""
        self._server.stop(_DRAIN_SECONDS).wait()
        self._threads.shutdown()


def reason_unbindable(port: int) -> str:
    """The operating system's reason, which gRPC's error does not carry."""
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 (asks about the address the server uses)
        except OSError as error:
            return error.strerror or str(error)
    return "it was taken a moment ago"


def _credentials(options: ServerOptions) -> grpc.ServerCredentials | None:
    """The keys of `--ssl_config_file`, which holds them inline; None without that file."""
    path = options.ssl_config_file
    if path is None:
        return None
    config = read_text_config(path, "SSLConfig", "ssl_config_file")
    if not config.server_key or not config.server_cert:
        raise ServerStartError(
            f"{path} must hold server_key and server_cert, each a PEM text and not a path."
        )
    if config.client_verify and not config.custom_ca:
        raise ServerStartError(
            f"{path} asks for client certificates (client_verify) without custom_ca, the PEM text "
            "of the authority that signs them."
        )
    return grpc.ssl_server_credentials(
        [(config.server_key.encode(), config.server_cert.encode())],
        root_certificates=config.custom_ca.encode() or None,
        require_client_auth=config.client_verify,
    )


def _add_health(server: grpc.Server) -> None:
    servicer = health.HealthServicer()
    for name in _HEALTH_NAMES:
        servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
