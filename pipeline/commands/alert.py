r"""Sends an alert about a failed node or a late run, as the section [alerts] says.

A scheduler calls it, because only a scheduler knows of these.

Example:
  movielens alert --config /etc/movielens.toml --status failed --run-id nightly-1 --node Trainer \
    --why "timed out three times"
"""

import argparse
from pathlib import Path

from pipeline.config import load_config
from pipeline.errors import RunFailure
from pipeline.runners.scheduled import alert


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="a TOML file; see configs/")
    parser.add_argument("--status", choices=("failed", "late"), required=True, help="of the run")
    parser.add_argument("--run-id", required=True, metavar="ID", help="the run")
    parser.add_argument("--node", metavar="ID", help="the node that failed")
    parser.add_argument("--why", required=True, metavar="TEXT", help="in words")


def run(args: argparse.Namespace) -> int:
    """Sends the alert, unless the configuration wants none of this status."""
    problems = alert(
        load_config(args.config),
        status=args.status,
        run_id=args.run_id,
        node=args.node,
        why=args.why,
    )
    if problems:
        raise RunFailure("; ".join(problems))
    return 0
