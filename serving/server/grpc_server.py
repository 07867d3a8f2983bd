"""The gRPC interface: TensorFlow Serving's services, health and reflection on one port.

Methods that only tensorflow/serving has are inherited, and answer UNIMPLEMENTED.
"""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from serving.errors import ServerStartError
from serving.protos import (
    model_service_pb2,
    model_service_pb2_grpc,
    prediction_service_pb2,
    prediction_service_pb2_grpc,
)
from serving.server.model_information import model_metadata, model_status
from serving.server.options import ServerOptions
from serving.server.predict import Inference
from serving.server.status import StatusError
from serving.server.text_configs import new_message, read_text_config

_DRAIN_SECONDS: Final = 30.0
_UNLIMITED: Final = -1
_NO_DEADLINE_SECONDS: Final = 365 * 24 * 3600.0
_MALFORMED: Final = "Exception deserializing request!"  # grpc/_server.py


class GrpcServer:
    """Answers gRPC requests from `start` to `stop`."""

    def __init__(self, options: ServerOptions, inference: Inference) -> None:
        self._options = options
        self._threads = ThreadPoolExecutor(options.grpc_max_threads, thread_name_prefix="grpc")
        self._server = grpc.server(
            self._threads,
            interceptors=[_AnswerErrors()],
            maximum_concurrent_rpcs=options.grpc_max_threads + options.max_queued_requests,
            options=(
                ("grpc.so_reuseport", 0),  # or a second server would share the port silently
                ("grpc.max_receive_message_length", _UNLIMITED),
                ("grpc.max_send_message_length", _UNLIMITED),
            ),
        )
        servicer = _Servicer(inference)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(servicer, self._server)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(servicer, self._server)
        services = [
            *prediction_service_pb2.DESCRIPTOR.services_by_name.values(),
            *model_service_pb2.DESCRIPTOR.services_by_name.values(),
        ]
        names = [service.full_name for service in services]
        if options.enable_grpc_healthcheck_service:
            health_servicer = health.HealthServicer()
            for name in ("", *(service.name for service in services)):  # unqualified, as there
                health_servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
            health_pb2_grpc.add_HealthServicer_to_server(health_servicer, self._server)
            names.append(health.SERVICE_NAME)
        reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], self._server)

    def start(self) -> int:
        """Opens the port and returns its number; ServerStartError if it is taken."""
        port, address = self._options.port, f"0.0.0.0:{self._options.port}"
        path = self._options.ssl_config_file
        try:
            if path is None:
                bound = self._server.add_insecure_port(address)
            else:
                bound = self._server.add_secure_port(address, _credentials(path))
        except RuntimeError as error:
            raise ServerStartError(
                f"Cannot listen on port {port}: {_reason_unbindable(port)}. Stop what uses it, or "
                "choose another with --port (0 takes a free one)."
            ) from error
        self._server.start()
        return bound

    def stop(self) -> None:
        """Takes no more requests, and finishes those in flight."""
        self._server.stop(_DRAIN_SECONDS).wait()
        self._threads.shutdown()


def _reason_unbindable(port: int) -> str:
    """The operating system's reason, which gRPC's error does not carry."""
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 (asks about the address the server uses)
        except OSError as error:
            return error.strerror or str(error)
    return "it was taken a moment ago"


def _credentials(path: Path) -> grpc.ServerCredentials:
    """The keys of `--ssl_config_file`, which holds them inline."""
    config = read_text_config(path, new_message("SSLConfig"), "ssl_config_file")
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


class _Servicer(
    prediction_service_pb2_grpc.PredictionServiceServicer,
    model_service_pb2_grpc.ModelServiceServicer,
):
    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def Predict(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        remaining: float | None = context.time_remaining()  # no deadline is None, or centuries
        if remaining is not None and remaining >= _NO_DEADLINE_SECONDS:
            remaining = None
        return self._inference.predict(request, remaining, entrypoint="GRPC")

    def GetModelMetadata(self, request: Any, _context: grpc.ServicerContext) -> Any:  # noqa: N802
        return model_metadata(self._inference.manager, request)

    def GetModelStatus(self, request: Any, _context: grpc.ServicerContext) -> Any:  # noqa: N802
        return model_status(self._inference.manager, request)


class _AnswerErrors(grpc.ServerInterceptor):
    """Ends a call that raises a StatusError with its code and message.

    Also parses the requests of unary methods. gRPC's library would refuse bytes that are no
    message, and keep some 15 kB of each for ever. This refuses them with the same code and words,
    and keeps nothing.
    """

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Any],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        parse, respond = handler.request_deserializer, handler.unary_unary

        def answer(content: bytes, context: grpc.ServicerContext) -> Any:
            try:
                return respond(parse(content), context)
            except DecodeError:
                context.abort(grpc.StatusCode.INTERNAL, _MALFORMED)
            except StatusError as error:
                context.abort(error.code, error.grpc_message)

        return grpc.unary_unary_rpc_method_handler(
            answer, response_serializer=handler.response_serializer
        )
