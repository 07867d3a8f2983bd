"""Lends Python workers to the Flink or Spark cluster that runs the pipeline's Beam nodes.

Run one beside each TaskManager of Flink or worker of Spark, with the same paths and the same
version of this project as `movielens run`. It answers until it is stopped. Whoever can connect to
the address can run code as this user, so it should be reachable from the cluster alone.

Example:
  movielens worker --address localhost:50000
"""

import argparse
import threading

from pipeline import terminal
from pipeline.errors import RunFailure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--address",
        default="localhost:50000",
        metavar="HOST:PORT",
        help="where the cluster asks for workers, as in --environment_config [localhost:50000]",
    )


def run(args: argparse.Namespace) -> int:
    """Serves until SIGINT or SIGTERM raises KeyboardInterrupt."""
    terminal.say("loading TFX takes some 20 s")
    from pipeline.run.beam_workers import WorkerPool

    try:
        pool = WorkerPool(args.address)
    except RuntimeError as error:
        raise RunFailure(f"no workers can be lent at {args.address}: {error}") from error
    with pool:
        terminal.say(f"workers are lent at {args.address} until this is stopped")
        threading.Event().wait()
    return 0
