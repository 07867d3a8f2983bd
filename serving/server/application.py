"""Puts the server together: models, interfaces, signals; from start to drained stop."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from serving.errors import ModelNotLoadedError, ServerStartError
from serving.protos import model_server_config_pb2
from serving.server.grpc_server import GrpcServer
from serving.server.metrics import Metrics
from serving.server.models.loader import load_and_warm_up
from serving.server.models.manager import ServableManager
from serving.server.models.versions import ModelSource, configured_models
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
    for ever for a first version. It announces lines for people; `Listening on port N` is one.

    Raises:
        ServerStartError: The configuration is refused, or a port is taken.
        ModelNotLoadedError: A first version cannot be loaded.
    """
    with StopRequest() as stop, ExitStack() as running:
        models, metrics = _models(options), Metrics()
        manager = ServableManager(
            models,
            partial(load_and_warm_up, metrics=metrics),
            poll_seconds=options.file_system_poll_wait_seconds,
            max_load_retries=options.max_num_load_retries,
            retry_seconds=options.load_retry_interval_micros / 1e6,
        )
        manager.start()
        running.callback(manager.stop)
        described = (f"{source.name} in {source.base_path}" for source in models)
        announce(f"Waiting for a version of {', '.join(described)}")
        if not _first_versions_serve(manager, stop):
            return
        inference = Inference(
            manager=manager, metrics=metrics, max_tensor_bytes=options.max_request_tensor_bytes
        )
        if options.rest_api_port:
            rest = RestServer(options, inference)
            rest.start()
            running.callback(rest.stop)
            announce(f"Listening for HTTP on port {options.rest_api_port}")
        server = GrpcServer(options, inference)
        announce(f"Listening on port {server.start()}")
        while not stop.is_requested:
            time.sleep(_CHECK_SECONDS)
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


def _first_versions_serve(manager: ServableManager, stop: StopRequest) -> bool:
    """Waits until every model serves; False if a stop was requested before."""
    while not stop.is_requested and not manager.wait_until_serving(_CHECK_SECONDS):
        pass
    failures = [
        f"{{{{name: {failed.name} version: {failed.version}}} due to error: "
        f"{failed.error.code.name}: {failed.error}}}"
        for failed in manager.failures()
        if failed.error is not None
    ]
    if failures and not stop.is_requested:  # in the words of core/load_servables_fast.cc
        raise ModelNotLoadedError(
            f"Failed to start server. Error: UNKNOWN: {len(failures)} servable(s) did not become "
            f"available: {{{', '.join(failures)}, }}"
        )
    return not stop.is_requested
