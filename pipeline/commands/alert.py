"""`movielens alert`: tells of what only a scheduler knows."""

import argparse
from pathlib import Path

from pipeline.config import load_config
from pipeline.errors import RunFailure
from pipeline.runners.scheduled import alert

_EXAMPLE = """example:
  movielens alert --config /etc/movielens.toml --status failed --run-id nightly-1 --node Trainer \\
    --why "timed out three times"
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the parser of `alert`."""
    parser = subparsers.add_parser(
        "alert",
        description="Sends an alert as the configuration's section [alerts] says.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="a TOML file; see configs/")
    parser.add_argument("--status", choices=("failed", "late"), required=True, help="of the run")
    parser.add_argument("--run-id", required=True, metavar="ID", help="the run")
    parser.add_argument("--node", metavar="ID", help="the node that failed")
    parser.add_argument("--why", required=True, metavar="TEXT", help="in words")


def run(args: argparse.Namespace) -> int:
    """Sends the alert.

    Returns:
        0 when it has been sent, or the configuration does not want to be told.

    Raises:
        UsageError: the configuration is not one.
        RunFailure: it could not be delivered.
    """
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
