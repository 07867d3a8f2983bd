"""Runs the application with uvicorn, within bounds."""

import socket
from collections.abc import Sequence
from typing import Final

import uvicorn

from serving.client import AsyncRecommenderClient
from web.application import create_application

_MAX_CONNECTIONS: Final = 100  # more are refused with status 503
_MAX_STOP_SECONDS: Final = 10


def listen(host: str, port: int) -> socket.socket:
    """Opens a socket that listens; port 0 takes a free one. An OSError if it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


async def serve(
    listener: socket.socket, client: AsyncRecommenderClient, *, genres: Sequence[str]
) -> None:
    """Serves the application on a socket until SIGTERM or Ctrl-C, then raises KeyboardInterrupt.

    Args:
        listener: From `listen`.
        client: Asks the model server.
        genres: What a new movie can be.
    """
    config = uvicorn.Config(
        create_application(client, genres=genres),
        log_level="warning",
        access_log=False,  # addresses hold what visitors have rated
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        http="h11",  # refuses a first line and headers of more than 64 KiB
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_graceful_shutdown=_MAX_STOP_SECONDS,
    )
    await uvicorn.Server(config).serve(sockets=[listener])
