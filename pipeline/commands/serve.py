"""`movielens serve`: the embedded model server on the folder that runs push to."""

import argparse
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from pipeline import terminal
from pipeline.errors import RunFailure, UsageError
from pipeline.run.logs import output_to_log
from serving.client import DEFAULT_MODEL_NAME
from serving.errors import ServingError
from serving.server.options import ServerOptions, add_flags, without_effect

_DESCRIPTION = """Serve the pushed model over gRPC, as tensorflow_model_server does and with its
flags. A newly pushed version is picked up while the old one keeps answering. For quickstarts and
tests: in production, put tensorflow/serving on the same folder (deploy/)."""
_EXAMPLE = """example:
  movielens serve --port 8500 &
  movielens recommend --like "Toy Story (1995)"
"""


def add_parser(subparsers: Any) -> None:
    """Adds the parser of `movielens serve`."""
    parser = subparsers.add_parser(
        "serve",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("output"),
        metavar="DIR",
        help="folder of the runs; its pushed model is served (default output)",
    )
    add_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Serves until stopped by SIGTERM or Ctrl-C.

    Raises:
        UsageError: a flag is out of its range.
        RunFailure: the server cannot start.
    """
    args.model_name = args.model_name or DEFAULT_MODEL_NAME
    args.model_base_path = args.model_base_path or args.output / "serving_model" / args.model_name
    try:
        options = ServerOptions.from_flags(args)
    except ValueError as error:
        raise UsageError(str(error)) from error
    log = args.output / "logs" / "server.log"
    try:
        # The port goes to what stdout was, for scripts to read; all else is for the log.
        with os.fdopen(os.dup(1), "w", encoding="utf-8") as stdout, output_to_log(log):
            terminal.say(f"Log: {log}", stream=stdout)
            _serve(options, without_effect(args), stdout)
    except ServingError as error:
        raise RunFailure(str(error)) from error
    return 0


def _serve(options: ServerOptions, ignored: Sequence[str], stdout: TextIO) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read when the C library loads
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    for name in ignored:
        logging.warning("%s has no effect on this server", name)
    from serving.server.application import serve

    serve(options, announce=lambda line: terminal.say(line, stream=stdout))
