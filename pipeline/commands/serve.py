"""Serves the pushed model over gRPC, as tensorflow_model_server does and with its flags.

A newly pushed version is picked up while the old one keeps answering. The server is for quickstarts
and tests: in production, put tensorflow/serving on the same folder (deploy/).

Example:
  movielens serve --port 8500 &
  movielens recommend --like "Toy Story (1995)"
"""

import argparse
import os

from pipeline import terminal
from pipeline.commands.arguments import add_output_option
from pipeline.errors import RunFailure, UsageError
from pipeline.run.logs import output_to_log
from serving.client import DEFAULT_MODEL_NAME
from serving.errors import ServingError
from serving.server.options import ServerOptions, add_flags, start_log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_output_option(parser, "folder of the runs; its pushed model is served")
    add_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Serves until stopped by SIGTERM or Ctrl-C."""
    args.model_name = args.model_name or DEFAULT_MODEL_NAME
    args.model_base_path = args.model_base_path or args.output / "serving_model" / args.model_name
    try:
        options = ServerOptions.from_flags(args)
    except ValueError as error:
        raise UsageError(str(error)) from error
    log = args.output / "logs" / "server.log"
    try:
        # Scripts read the port from stdout. Everything else goes to the log.
        with os.fdopen(os.dup(1), "w", encoding="utf-8") as stdout, output_to_log(log):
            terminal.say(f"Log: {log}", stream=stdout)
            start_log(args)
            from serving.server.application import serve  # loads TensorFlow

            serve(options, announce=lambda line: terminal.say(line, stream=stdout))
    except ServingError as error:
        raise RunFailure(str(error)) from error
    return 0
