"""The server's settings, named as tensorflow_model_server's flags are."""

import argparse
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from serving.server.request_limits import DEFAULT_MAX_TENSOR_BYTES

DEFAULT_PORT: Final = 8500


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """What the server is started with; checked on construction.

    Attributes:
        port: TCP port of gRPC; 0 takes a free one.
        model_name: the name that requests use.
        model_base_path: the folder that holds one folder a version.
        file_system_poll_wait_seconds: time between two scans of that folder; 0 scans once.
        max_num_load_retries: further attempts to load a version after the first failed.
        load_retry_interval_micros: time between two attempts.
        grpc_max_threads: requests served at once.
        max_queued_requests: requests that may wait for a thread; the next ones are refused. This
            and the next are flags of our own.
        max_request_tensor_bytes: memory that the tensors of one request may take.
    """

    model_base_path: Path
    model_name: str = "default"
    port: int = DEFAULT_PORT
    file_system_poll_wait_seconds: float = 1.0
    max_num_load_retries: int = 5
    load_retry_interval_micros: int = 60_000_000
    grpc_max_threads: int = field(default_factory=lambda: 4 * (os.cpu_count() or 1))
    max_queued_requests: int = 256
    max_request_tensor_bytes: int = DEFAULT_MAX_TENSOR_BYTES

    def __post_init__(self) -> None:
        if not self.model_name:
            raise ValueError("--model_name must not be empty.")
        if not 0 <= self.port <= 65535:
            raise ValueError(f"--port must be between 0 and 65535. Received: {self.port}")
        for name in ("grpc_max_threads", "max_request_tensor_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name} must be at least 1. Received: {getattr(self, name)}")
        for name in (
            "file_system_poll_wait_seconds",
            "max_num_load_retries",
            "load_retry_interval_micros",
            "max_queued_requests",
        ):
            if getattr(self, name) < 0:
                raise ValueError(f"--{name} must not be negative. Received: {getattr(self, name)}")

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


def add_flags(parser: argparse.ArgumentParser, *, model_base_path_required: bool = True) -> None:
    """Adds the server's flags to a parser; one not given is None, so that the default holds."""
    add = parser.add_argument
    add("--port", type=int, metavar="PORT", help="gRPC port; 0 takes a free one (default 8500)")
    add("--model_name", metavar="NAME", help="the name that requests use")
    add(
        "--model_base_path",
        type=Path,
        metavar="DIR",
        required=model_base_path_required,
        help="folder with one folder a version",
    )
    add(
        "--file_system_poll_wait_seconds",
        type=float,
        metavar="S",
        help="seconds between two looks for new versions; 0 looks once (default 1)",
    )
    add(
        "--max_num_load_retries",
        type=int,
        metavar="N",
        help="attempts to load a version after the first failed (default 5)",
    )
    add(
        "--load_retry_interval_micros",
        type=int,
        metavar="US",
        help="microseconds between two attempts (default 60000000)",
    )
    add(
        "--grpc_max_threads",
        type=int,
        metavar="N",
        help="requests served at once (default 4 a processor)",
    )
    add(
        "--max_queued_requests",
        type=int,
        metavar="N",
        help="requests that may wait; more are refused with RESOURCE_EXHAUSTED (default 256)",
    )
    add(
        "--max_request_tensor_bytes",
        type=int,
        metavar="N",
        help="memory that the tensors of one request may take (default 268435456)",
    )
