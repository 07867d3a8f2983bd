"""The flags of the command line that set `ServerOptions`, by tensorflow_model_server's names."""

import argparse
from pathlib import Path
from typing import Any, Final, NamedTuple

_TRUE: Final = frozenset({"true", "t", "1", "yes"})
_FALSE: Final = frozenset({"false", "f", "0", "no"})


class _Flag(NamedTuple):
    name: str
    kind: Any
    metavar: str
    summary: str


def boolean(text: str) -> bool:
    """Reads the value of a flag such as `--enable_grpc_healthcheck_service=false`.

    >>> boolean("False")
    False

    Raises:
        argparse.ArgumentTypeError: it is neither true nor false.
    """
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise argparse.ArgumentTypeError(f"expected true or false, received {text!r}")
    return word in _TRUE


_FLAGS: Final = (
    _Flag("port", int, "PORT", "gRPC port; 0 takes a free one (default 8500)"),
    _Flag("model_name", str, "NAME", "the name that requests use"),
    _Flag("model_base_path", Path, "DIR", "folder with one folder a version"),
    _Flag(
        "model_config_file",
        Path,
        "FILE",
        "several models, labels and version policies, in place of the two flags above",
    ),
    _Flag(
        "model_config_file_poll_wait_seconds",
        float,
        "S",
        "seconds between two readings of that file; 0 reads once (default 0)",
    ),
    _Flag(
        "allow_version_labels_for_unavailable_models",
        boolean,
        "BOOL",
        "let a new label stand for a version that is not loaded yet (default false)",
    ),
    _Flag("enable_grpc_healthcheck_service", boolean, "BOOL", "answer gRPC health (default true)"),
    _Flag("ssl_config_file", Path, "FILE", "keys and certificates for TLS on the gRPC port"),
    _Flag("rest_api_port", int, "PORT", "HTTP port; 0 for none (default 0)"),
    _Flag("rest_api_num_threads", int, "N", "HTTP requests at once (default 4 a processor)"),
    _Flag("rest_api_timeout_in_ms", int, "MS", "time for an HTTP request (default 30000)"),
    _Flag("monitoring_config_file", Path, "FILE", "whether and where Prometheus may ask"),
    _Flag(
        "file_system_poll_wait_seconds",
        float,
        "S",
        "seconds between two looks for new versions; 0 looks once (default 1)",
    ),
    _Flag(
        "max_num_load_retries",
        int,
        "N",
        "attempts to load a version after the first failed (default 5)",
    ),
    _Flag(
        "load_retry_interval_micros",
        int,
        "US",
        "microseconds between two attempts (default 60000000)",
    ),
    _Flag("grpc_max_threads", int, "N", "requests served at once (default 4 a processor)"),
    _Flag(
        "tensorflow_session_parallelism", int, "N", "threads for a run, in place of the next two"
    ),
    _Flag(
        "tensorflow_intra_op_parallelism",
        int,
        "N",
        "threads that share one op; 0 leaves it to TensorFlow (default 0)",
    ),
    _Flag(
        "tensorflow_inter_op_parallelism",
        int,
        "N",
        "threads that share one run; 0 leaves it to TensorFlow, -1 takes the request's (default 0)",
    ),
    _Flag(
        "max_queued_requests",
        int,
        "N",
        "requests that may wait; more are refused with RESOURCE_EXHAUSTED (default 256)",
    ),
    _Flag(
        "max_request_tensor_bytes",
        int,
        "N",
        "memory that the tensors of one request may take (default 268435456)",
    ),
)
# Flags of tensorflow_model_server about batching and its own insides: taken, so that a command line
# moves over unchanged, and without effect here.
_WITHOUT_EFFECT: Final = (
    "batching_parameters_file",
    "enable_batching",
    "enable_model_warmup",
    "enable_profiler",
    "flush_filesystem_caches",
    "grpc_channel_arguments",
    "num_load_threads",
    "num_unload_threads",
    "per_process_gpu_memory_fraction",
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the server's flags to a parser; one not given is None, so that the default holds."""
    for flag in _FLAGS:
        optional_value: dict[str, Any] = (
            {"nargs": "?", "const": True} if flag.kind is boolean else {}
        )
        parser.add_argument(
            f"--{flag.name}",
            type=flag.kind,
            metavar=flag.metavar,
            help=flag.summary,
            **optional_value,
        )
    for name in _WITHOUT_EFFECT:
        parser.add_argument(f"--{name}", nargs="?", const="true", help=argparse.SUPPRESS)


def without_effect(flags: argparse.Namespace) -> list[str]:
    """The flags that were given and do nothing here, for a warning."""
    return [f"--{name}" for name in _WITHOUT_EFFECT if getattr(flags, name) is not None]
