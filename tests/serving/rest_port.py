"""A port for HTTP: unlike gRPC's, 0 there means no port at all."""

import socket


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]
