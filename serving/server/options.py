"""The server's settings, named as tensorflow_model_server's flags are."""

import argparse
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from serving.server.request_limits import DEFAULT_MAX_TENSOR_BYTES
from serving.server.runtime.saved_model import Parallelism

DEFAULT_PORT: Final = 8500
_AT_LEAST_ONE: Final = (
    "grpc_max_threads",
    "max_request_tensor_bytes",
    "rest_api_num_threads",
    "rest_api_timeout_in_ms",
)
_AT_LEAST_ZERO: Final = (
    "file_system_poll_wait_seconds",
    "max_num_load_retries",
    "load_retry_interval_micros",
    "max_queued_requests",
    "tensorflow_session_parallelism",
    "tensorflow_intra_op_parallelism",
    "model_config_file_poll_wait_seconds",
)


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """What the server is started with; checked on construction.

    Attributes:
        port: TCP port of gRPC; 0 takes a free one.
        model_name: the name that requests use.
        model_base_path: the folder that holds one folder a version.
        model_config_file: a ModelServerConfig in protobuf's text format; it takes the place of name
            and folder.
        model_config_file_poll_wait_seconds: time between two readings of that file; 0 reads once.
        allow_version_labels_for_unavailable_models: whether a new label may stand for a version
            that is not loaded yet, as it must where the file has labels at the start.
        enable_grpc_healthcheck_service: whether gRPC health is answered; unlike
            tensorflow_model_server's, ours is on where nothing is said.
        ssl_config_file: an SSLConfig: TLS for gRPC, with client certificates where it says so.
        rest_api_port: TCP port of HTTP; 0 for none.
        rest_api_num_threads: HTTP requests served at once.
        rest_api_timeout_in_ms: how long an HTTP request may take.
        monitoring_config_file: a MonitoringConfig: whether and where Prometheus may ask.
        file_system_poll_wait_seconds: time between two scans of that folder; 0 scans once.
        max_num_load_retries: further attempts to load a version after the first failed.
        load_retry_interval_micros: time between two attempts.
        grpc_max_threads: requests served at once.
        tensorflow_session_parallelism: threads for both of the next two; 0 leaves each to itself.
        tensorflow_intra_op_parallelism: threads that share the work of one op; 0 leaves it to
            TensorFlow.
        tensorflow_inter_op_parallelism: threads that the ops of a run are spread over; 0 leaves it
            to TensorFlow, a negative number to the request's own: see `Parallelism`.
        max_queued_requests: requests that may wait for a thread; the next ones are refused. This
            and the next are flags of our own.
        max_request_tensor_bytes: memory that the tensors of one request may take.
    """

    model_base_path: Path | None = None
    model_name: str = "default"
    model_config_file: Path | None = None
    model_config_file_poll_wait_seconds: float = 0.0
    allow_version_labels_for_unavailable_models: bool = False
    enable_grpc_healthcheck_service: bool = True
    ssl_config_file: Path | None = None
    port: int = DEFAULT_PORT
    rest_api_port: int = 0
    rest_api_num_threads: int = field(default_factory=lambda: 4 * (os.cpu_count() or 1))
    rest_api_timeout_in_ms: int = 30_000
    monitoring_config_file: Path | None = None
    file_system_poll_wait_seconds: float = 1.0
    max_num_load_retries: int = 5
    load_retry_interval_micros: int = 60_000_000
    grpc_max_threads: int = field(default_factory=lambda: 4 * (os.cpu_count() or 1))
    tensorflow_session_parallelism: int = 0
    tensorflow_intra_op_parallelism: int = 0
    tensorflow_inter_op_parallelism: int = 0
    max_queued_requests: int = 256
    max_request_tensor_bytes: int = DEFAULT_MAX_TENSOR_BYTES

    def __post_init__(self) -> None:
        if self.model_base_path is None and self.model_config_file is None:
            raise ValueError(
                "Name a model's folder with --model_base_path, or --model_config_file."
            )
        if not self.model_name:
            raise ValueError("--model_name must not be empty.")
        for name in ("port", "rest_api_port"):
            if not 0 <= getattr(self, name) <= 65535:
                raise ValueError(
                    f"--{name} must be between 0 and 65535. Received: {getattr(self, name)}"
                )
        for names, least in ((_AT_LEAST_ONE, 1), (_AT_LEAST_ZERO, 0)):
            for name in names:
                if getattr(self, name) < least:
                    bound = "be at least 1" if least else "not be negative"
                    raise ValueError(f"--{name} must {bound}. Received: {getattr(self, name)}")

    @property
    def parallelism(self) -> Parallelism:
        """The threads that a run takes."""
        both = self.tensorflow_session_parallelism
        if both:
            return Parallelism(both, both)
        return Parallelism(
            self.tensorflow_intra_op_parallelism, self.tensorflow_inter_op_parallelism
        )

    @classmethod
    def from_flags(cls, flags: argparse.Namespace) -> Self:
        """The options that were given on the command line; the defaults for the others.

        Raises:
            ValueError: a value out of its range.
        """
        names = cls.__dataclass_fields__
        given: dict[str, Any] = {
            name: value for name, value in vars(flags).items() if name in names
        }
        return cls(**{name: value for name, value in given.items() if value is not None})
