"""The server's settings and their flags, which have the names of tensorflow_model_server."""

import argparse
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, Self, get_type_hints

_BOOLEANS: Final = {
    **dict.fromkeys(("true", "t", "1", "yes"), True),
    **dict.fromkeys(("false", "f", "0", "no"), False),
}
_THREADS: Final = 4 * (os.cpu_count() or 1)
# Flags of tensorflow_model_server that do nothing here. They are accepted, so that a command line
# works unchanged.
_WITHOUT_EFFECT: Final = (
    "batching_parameters_file",
    "enable_batching",
    "enable_model_warmup",
    "enable_profiler",
    "enable_signature_method_name_check",
    "flush_filesystem_caches",
    "grpc_channel_arguments",
    "model_config_file_poll_wait_seconds",
    "num_load_threads",
    "num_request_iterations_for_warmup",
    "num_unload_threads",
    "per_process_gpu_memory_fraction",
    "remove_unused_fields_from_bundle_metagraph",
    "rest_api_enable_cors_support",
    "tensorflow_inter_op_parallelism",
    "tensorflow_intra_op_parallelism",
    "tensorflow_session_parallelism",
)


class _Flag(NamedTuple):
    """How `--help` describes a flag, and the range of its number."""

    metavar: str
    summary: str
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """How the server is started; `--help` describes each option.

    `max_queued_requests` and `max_request_tensor_bytes` are our own. Unlike that of
    tensorflow_model_server, our health service is on by default. A ValueError if a value is out of
    its range, or no model is named.
    """

    port: Annotated[int, _Flag("PORT", "gRPC port; 0 takes a free one", 0, 65535)] = 8500
    model_name: Annotated[str, _Flag("NAME", "the name that requests use")] = "default"
    model_base_path: Annotated[Path | None, _Flag("DIR", "folder with one folder a version")] = None
    model_config_file: Annotated[
        Path | None,
        _Flag("FILE", "several models, labels and version policies, instead of the flags above"),
    ] = None
    allow_version_labels_for_unavailable_models: Annotated[
        bool, _Flag("BOOL", "let a label name a version that is not loaded yet")
    ] = False
    enable_grpc_healthcheck_service: Annotated[bool, _Flag("BOOL", "answer gRPC health")] = True
    ssl_config_file: Annotated[
        Path | None, _Flag("FILE", "keys and certificates for TLS on the gRPC port")
    ] = None
    rest_api_port: Annotated[int, _Flag("PORT", "HTTP port; 0 for none", 0, 65535)] = 0
    rest_api_num_threads: Annotated[int, _Flag("N", "HTTP requests at once", 1)] = _THREADS
    rest_api_timeout_in_ms: Annotated[int, _Flag("MS", "time for an HTTP request", 1)] = 30_000
    monitoring_config_file: Annotated[
        Path | None, _Flag("FILE", "whether and at which HTTP path Prometheus may ask")
    ] = None
    file_system_poll_wait_seconds: Annotated[
        float, _Flag("S", "seconds between two looks for new versions; 0 looks once", 0)
    ] = 1.0
    max_num_load_retries: Annotated[
        int, _Flag("N", "further attempts to load a version after the first failed", 0)
    ] = 5
    load_retry_interval_micros: Annotated[
        int, _Flag("US", "microseconds between two attempts", 0)
    ] = 60_000_000
    grpc_max_threads: Annotated[int, _Flag("N", "gRPC requests at once", 1)] = _THREADS
    max_queued_requests: Annotated[
        int, _Flag("N", "requests that may wait; more are refused with RESOURCE_EXHAUSTED", 0)
    ] = 256
    max_request_tensor_bytes: Annotated[
        int, _Flag("N", "memory that the tensors of one request may take", 1)
    ] = 256 * 2**20

    def __post_init__(self) -> None:
        if self.model_base_path is None and self.model_config_file is None:
            raise ValueError(
                "Name a model's folder with --model_base_path, or --model_config_file."
            )
        if not self.model_name:
            raise ValueError("--model_name must not be empty.")
        for name, (_, flag) in _flags().items():
            value, least, most = getattr(self, name), flag.least, flag.most
            if least is not None and (value < least or (most is not None and value > most)):
                bounds = f"at least {least}" if most is None else f"between {least} and {most}"
                raise ValueError(f"--{name} must be {bounds}. Received: {value}")

    @classmethod
    def from_flags(cls, flags: argparse.Namespace) -> Self:
        """The options that were given on the command line, and the defaults for the others."""
        given = {name: getattr(flags, name) for name in _flags()}
        return cls(**{name: value for name, value in given.items() if value is not None})


def _flags() -> dict[str, tuple[Any, _Flag]]:
    """The type and the flag of each option by name."""
    hints = get_type_hints(ServerOptions, include_extras=True)
    return {name: (hint.__origin__, hint.__metadata__[0]) for name, hint in hints.items()}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the server's flags to a parser. A flag that is not given is None."""
    for name, (kind, flag) in _flags().items():
        default = getattr(ServerOptions, name)
        is_number = isinstance(default, (bool, int, float))
        action = parser.add_argument(
            f"--{name}",
            type=_PARSERS.get(kind, kind),
            metavar=flag.metavar,
            help=f"{flag.summary} (default {default})" if is_number else flag.summary,
        )
        if kind is bool:
            action.nargs, action.const = "?", True
    for name in _WITHOUT_EFFECT:
        parser.add_argument(f"--{name}", nargs="?", const="true", help=argparse.SUPPRESS)


def start_log(flags: argparse.Namespace) -> None:
    """Starts the log on stderr, and warns of the flags that were given and do nothing here."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's C library reads it on loading
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    for name in _WITHOUT_EFFECT:
        if getattr(flags, name) is not None:
            logging.warning("--%s has no effect on this server", name)


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise argparse.ArgumentTypeError(f"expected true or false, received {text!r}")
    return _BOOLEANS[text.lower()]


_PARSERS: Final[dict[Any, Any]] = {bool: _boolean, Path | None: Path}
