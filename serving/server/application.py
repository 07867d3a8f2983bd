"""Puts the server together: models, interfaces, signals; from start to drained stop."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

from serving.errors import ModelNotLoadedError, ServerStartError
from serving.protos import model_server_config_pb2
from serving.server.grpc_server import GrpcServer
from serving.server.inference import Inference
from serving.server.metrics import Metrics
from serving.server.models.loader import load_and_warm_up
from serving.server.models.manager import ManagerOptions, ServableManager
from serving.server.models.model_config import read_model_config
from serving.server.models.reload import ConfigFilePoll, ModelReloader
from serving.server.models.servable import Servable
from serving.server.options import ServerOptions
from serving.server.rest.api import RestApi
from serving.server.rest.server import DEFAULT_METRICS_PATH, RestServer
from serving.server.status import StatusError
from serving.server.stop_request import StopRequest
from serving.server.text_configs import read_text_config

_SIGNAL_CHECK_SECONDS: Final = 0.2


def serve(options: ServerOptions, *, announce: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT, then finishes the requests in flight.

    As with tensorflow_model_server the port opens once every model has a version, and the server
    waits for ever where there is none yet.

    Args:
        options: what to serve, where.
        announce: takes one line for people; `Listening on port N` tells the port.

    Raises:
        ServerStartError: the configuration is refused, or the port is taken.
        ModelNotLoadedError: a first version cannot be loaded.
    """
    with StopRequest() as stop, ExitStack() as running:
        metrics = Metrics()
        load = partial(load_and_warm_up, parallelism=options.parallelism)
        manager = ServableManager([], load=load, options=_manager_options(options))
        reloader = ModelReloader(
            manager,
            allow_labels_for_unavailable_models=options.allow_version_labels_for_unavailable_models,
        )
        config = _configure(options, reloader)
        manager.start()
        running.callback(manager.stop)
        announce(f"Waiting for a version of {_described(config)}")
        _wait_for_first_versions(manager, stop)
        if stop.is_requested:
            return
        if options.model_config_file and options.model_config_file_poll_wait_seconds > 0:
            seconds = options.model_config_file_poll_wait_seconds
            poll = ConfigFilePoll(reloader, options.model_config_file, seconds, config)
            poll.start()
            running.callback(poll.stop)
        inference = Inference(
            manager, max_tensor_bytes=options.max_request_tensor_bytes, metrics=metrics
        )
        server = GrpcServer(options, manager, inference)
        if options.rest_api_port:
            rest = _rest_server(options, manager, metrics)
            rest.start()
            running.callback(rest.stop)
            announce(f"Listening for HTTP on port {rest.port}")
        announce(f"Listening on port {server.start()}")
        _wait_for_signal(stop)
        announce("Stopping: finishing the requests in flight")
        server.stop()


def _rest_server(options: ServerOptions, manager: ServableManager, metrics: Metrics) -> RestServer:
    metrics_path = None
    if options.monitoring_config_file is not None:
        flag = "monitoring_config_file"
        monitoring = read_text_config(options.monitoring_config_file, "MonitoringConfig", flag)
        if monitoring.prometheus_config.enable:
            metrics_path = monitoring.prometheus_config.path or DEFAULT_METRICS_PATH
    limit = options.max_request_tensor_bytes
    inference = Inference(manager, max_tensor_bytes=limit, metrics=metrics, entrypoint="REST")
    return RestServer(
        RestApi(manager, inference, timeout_seconds=options.rest_api_timeout_in_ms / 1000),
        metrics,
        port=options.rest_api_port,
        threads=options.rest_api_num_threads,
        queue=options.max_queued_requests,
        max_body_bytes=limit,
        metrics_path=metrics_path,
    )


def _manager_options(options: ServerOptions) -> ManagerOptions:
    return ManagerOptions(
        poll_seconds=options.file_system_poll_wait_seconds,
        max_load_retries=options.max_num_load_retries,
        retry_seconds=options.load_retry_interval_micros / 1e6,
    )


def _configure(options: ServerOptions, reloader: ModelReloader) -> Any:
    """Applies the first configuration: the file's, else the one model's of the flags."""
    try:
        if options.model_config_file is not None:
            config = read_model_config(options.model_config_file)
        else:
            config = _one_model(options)
        reloader.apply(config)
    except StatusError as error:
        raise ServerStartError(
            f"Failed to start server. Error: {error.code.name}: {error}"
        ) from error
    return config


def _one_model(options: ServerOptions) -> Any:
    config = model_server_config_pb2.ModelServerConfig()
    config.model_config_list.config.add(
        name=options.model_name,
        base_path=str((options.model_base_path or Path()).absolute()),
        model_platform="tensorflow",
    )
    return config


def _described(config: Any) -> str:
    models = config.model_config_list.config
    return ", ".join(f"{model.name} in {model.base_path}" for model in models)


def _wait_for_first_versions(manager: ServableManager, stop: StopRequest) -> None:
    while not stop.is_requested and not manager.wait_until_serving(_SIGNAL_CHECK_SECONDS):
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


def _wait_for_signal(stop: StopRequest) -> None:
    while not stop.is_requested:
        time.sleep(_SIGNAL_CHECK_SECONDS)
