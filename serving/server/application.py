"""Puts the server together: models, services, health, port; from start to drained stop."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from serving.errors import ServerStartError
from serving.protos import model_service_pb2_grpc, prediction_service_pb2_grpc
from serving.server.inference import Inference
from serving.server.loader import load_and_warm_up
from serving.server.manager import ManagerOptions, ServableManager
from serving.server.options import ServerOptions
from serving.server.services import ModelService, PredictionService
from serving.server.stop_request import StopRequest
from serving.server.versions import ModelSource

_HEALTH_NAMES: Final = ("", "PredictionService", "ModelService")  # TF Serving's are unqualified
_DRAIN_SECONDS: Final = 30.0
_SIGNAL_CHECK_SECONDS: Final = 0.2
_UNLIMITED: Final = -1


def serve(options: ServerOptions, *, announce: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT, then finishes the requests in flight.

    As with tensorflow_model_server the port opens once a first version is loaded, and the server
    waits for ever where there is none yet.

    Args:
        options: what to serve, where.
        announce: takes one line for people; `Listening on port N` tells the port.

    Raises:
        ServerStartError: the first version cannot be loaded, or the port is taken.
    """
    with StopRequest() as stop:
        manager = _manager(options)
        manager.start()
        try:
            announce(f"Waiting for a version of {options.model_name} in {options.model_base_path}")
            _wait_for_first_version(manager, stop)
            if not stop.is_requested:
                _listen(options, manager, stop, announce)
        finally:
            manager.stop()


def _manager(options: ServerOptions) -> ServableManager:
    source = ModelSource(name=options.model_name, base_path=options.model_base_path)
    manager_options = ManagerOptions(
        poll_seconds=options.file_system_poll_wait_seconds,
        max_load_retries=options.max_num_load_retries,
        retry_seconds=options.load_retry_interval_micros / 1e6,
    )
    return ServableManager([source], load=load_and_warm_up, options=manager_options)


def _wait_for_first_version(manager: ServableManager, stop: StopRequest) -> None:
    while not stop.is_requested and not manager.wait_until_serving(_SIGNAL_CHECK_SECONDS):
        pass
    failures = manager.failures()
    if failures and not stop.is_requested:
        reasons = ", ".join(
            f"{{{{name: {failed.name} version: {failed.version}}} due to error: "
            f"{failed.error.code.name}: {failed.error}}}"
            for failed in failures
            if failed.error is not None
        )
        raise ServerStartError(
            f"Failed to start server. Error: UNKNOWN: {len(failures)} servable(s) did not become "
            f"available: {{{reasons}, }}"
        )


def _listen(
    options: ServerOptions,
    manager: ServableManager,
    stop: StopRequest,
    announce: Callable[[str], None],
) -> None:
    with ThreadPoolExecutor(options.grpc_max_threads, thread_name_prefix="grpc") as threads:
        server = _grpc_server(options, manager, threads)
        port = _bind(server, options.port)
        server.start()
        announce(f"Listening on port {port}")
        while not stop.is_requested:
            time.sleep(_SIGNAL_CHECK_SECONDS)
        announce("Stopping: finishing the requests in flight")
        server.stop(_DRAIN_SECONDS).wait()


def _grpc_server(
    options: ServerOptions, manager: ServableManager, threads: ThreadPoolExecutor
) -> grpc.Server:
    inference = Inference(manager, max_tensor_bytes=options.max_request_tensor_bytes)
    server = grpc.server(
        threads,
        maximum_concurrent_rpcs=options.grpc_max_threads + options.max_queued_requests,
        options=(
            ("grpc.so_reuseport", 0),  # or a second server would share the port without a word
            ("grpc.max_receive_message_length", _UNLIMITED),
            ("grpc.max_send_message_length", _UNLIMITED),
        ),
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(manager, inference), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(manager), server)
    health_servicer = health.HealthServicer()
    for name in _HEALTH_NAMES:
        health_servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    return server


def _bind(server: grpc.Server, port: int) -> int:
    try:
        return server.add_insecure_port(f"0.0.0.0:{port}")
    except RuntimeError as error:
        raise ServerStartError(
            f"Cannot listen on port {port}: {_reason_unbindable(port)}. Stop what uses it, or "
            "choose another with --port (0 takes a free one)."
        ) from error


def _reason_unbindable(port: int) -> str:
    """The operating system's reason, which gRPC's error does not carry."""
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 (asks about the address the server uses)
        except OSError as error:
            return error.strerror or str(error)
    return "it was taken a moment ago"
