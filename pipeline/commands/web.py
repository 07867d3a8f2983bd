"""Serves a page to try the model in a browser, by asking a running model server.

Any server will do, here or elsewhere: `movielens serve` or tensorflow/serving. Titles come from the
model itself. Only this machine can reach the page unless --host says otherwise. Ctrl-C stops it.

Example:
  movielens serve &
  movielens web
"""

import argparse
import asyncio
from typing import Final

from movielens.constants import GENRE_NAMES
from pipeline import terminal
from pipeline.commands import asking
from pipeline.commands.arguments import not_blank
from pipeline.errors import RunFailure, UsageError
from serving.client import AsyncRecommenderClient

_MAX_PORT: Final = 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host",
        type=not_blank,
        default="localhost",
        help="the address to listen on; 0.0.0.0 for everybody [localhost]",
    )
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one [8080]")
    asking.add_server_options(parser)


def run(args: argparse.Namespace) -> int:
    """Serves until stopped by SIGTERM or Ctrl-C."""
    if not 0 <= args.port <= _MAX_PORT:
        raise UsageError(f"--port must be between 0 and {_MAX_PORT}. Received: {args.port}")
    try:
        asyncio.run(_serve(args))
    except KeyboardInterrupt:
        terminal.say("Stopped")
    except ValueError as error:
        raise UsageError(str(error)) from error
    return 0


async def _serve(args: argparse.Namespace) -> None:
    from web.server import listen, serve  # loads the web framework

    async with AsyncRecommenderClient(args.server, **asking.client_options(args)) as client:
        try:
            listener = listen(args.host, args.port)
        except OSError as error:
            raise RunFailure(
                f"Cannot listen on {args.host}:{args.port}: {error.strerror}. Stop what listens "
                "there, or name another --host or --port."
            ) from error
        with listener:
            host = f"[{args.host}]" if ":" in args.host else args.host
            port = listener.getsockname()[1]
            terminal.say(f"The page is at http://{host}:{port}/ and asks {client.target}")
            await serve(listener, client, genres=GENRE_NAMES)
