"""Puts the server together: models, interfaces, signals; from start to drained stop."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from serving.errors import ModelNotLoadedError, ServerStartError
from serving.protos import model_server_config_pb2
from serving.server.grpc_server import GrpcServer
from serving.server.metrics import Metrics
from serving.server.models.configuration import configured_models
from serving.server.models.lifecycle import Servable
from serving.server.models.loader import load_and_warm_up
from serving.server.models.manager import ServableManager
from serving.server.models.versions import ModelSource
from serving.server.options import ServerOptions
from serving.server.predict import Inference
from serving.server.rest.server import RestServer
from serving.server.status import StatusError
from serving.server.stopping import StopRequest
from serving.server.text_configs import read_text_config

_CHECK_SECONDS: Final = 0.2


def serve(options: ServerOptions, *, announce: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT, then finishes the requests in flight.

    As with tensorflow_model_server the ports open once every model has a version. The server waits
    for ever for a first version.

    Args:
        options: What to serve, and where.
        announce: Takes one line for people; `Listening on port N` tells the port.

    Raises:
        ServerStartError: The configuration is refused, or a port is taken.
        ModelNotLoadedError: A first version cannot be loaded.
    """
    with StopRequest() as stop, ExitStack() as running:
        models = _models(options)
        manager = ServableManager(
            models,
            load_and_warm_up,
            poll_seconds=options.file_system_poll_wait_seconds,
            max_load_retries=options.max_num_load_retries,
            retry_seconds=options.load_retry_interval_micros / 1e6,
        )
        manager.start()
        running.callback(manager.stop)
        described = (f"{source.name} in {source.base_path}" for source in models)
        announce(f"Waiting for a version of {', '.join(described)}")
        _wait_for_first_versions(manager, stop)
        if stop.is_requested:
            return
        metrics = Metrics()
        limit = options.max_request_tensor_bytes
        if options.rest_api_port:
            inference = Inference(manager, metrics, max_tensor_bytes=limit, entrypoint="REST")
            rest = RestServer(options, manager, inference, metrics)
            rest.start()
            running.callback(rest.stop)
            announce(f"Listening for HTTP on port {options.rest_api_port}")
        inference = Inference(manager, metrics, max_tensor_bytes=limit, entrypoint="GRPC")
        server = GrpcServer(options, manager, inference)
        announce(f"Listening on port {server.start()}")
        _wait_for_stop(stop)
        announce("Stopping: finishing the requests in flight")
        server.stop()


def _models(options: ServerOptions) -> list[ModelSource]:
    """The models to serve: those of the configuration file, or the one of the flags."""
    path = options.model_config_file
    if path is None:
        base_path = (options.model_base_path or Path()).absolute()
        return [ModelSource(options.model_name, base_path)]
    empty = model_server_config_pb2.ModelServerConfig()
    config = read_text_config(path, empty, "model_config_file")
    allow = options.allow_version_labels_for_unavailable_models
    try:
        return configured_models(config, allow_labels=allow)
    except StatusError as error:
        raise ServerStartError(
            f"Failed to start server. Error: {error.code.name}: {error}"
        ) from error


def _wait_for_stop(stop: StopRequest) -> None:
    while not stop.is_requested:
        time.sleep(_CHECK_SECONDS)


def _wait_for_first_versions(manager: ServableManager, stop: StopRequest) -> None:
    while not stop.is_requested and not manager.wait_until_serving(_CHECK_SECONDS):
        pass
    failures = manager.failures()
    if failures and not stop.is_requested:
        raise ModelNotLoadedError(
            f"Failed to start server. Error: UNKNOWN: {len(failures)} servable(s) did not become "
            f"available: {{{_reasons(failures)}, }}"
        )


def _reasons(failures: Sequence[Servable]) -> str:
    """Which versions failed and why, in the words of core/load_servables_fast.cc."""
    return ", ".join(
        f"{{{{name: {failed.name} version: {failed.version}}} due to error: "
        f"{failed.error.code.name}: {failed.error}}}"
        for failed in failures
        if failed.error is not None
    )
