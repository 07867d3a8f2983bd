"""`movielens history`: runs, what they measured, what was pushed and what was put back."""

import argparse
from typing import Any

from components.evaluator.metric_kinds import Table
from components.evaluator.metrics import shown_in
from pipeline import terminal
from pipeline.commands.store_options import add_store_options, load_store_config
from pipeline.errors import UsageError
from pipeline.run.record import metric_cells

_EXAMPLE = """examples:
  movielens history
  movielens history --config configs/production.toml --last 50
  movielens history --json | jq '.[] | select(.version_state == "served")'
"""


def add_parser(subparsers: Any) -> None:
    """Adds the parser of `movielens history`."""
    parser = subparsers.add_parser(
        "history",
        description="Lists the runs and rollbacks in the metadata store, the last one at the end.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--last", type=int, default=20, metavar="N", help="list at most N of them [20]"
    )
    add_store_options(parser)


def run(args: argparse.Namespace) -> int:
    """Prints the history.

    Raises:
        UsageError: `--last` is not positive.
        RunFailure: There is no store, or it cannot be opened.
    """
    if args.last < 1:
        raise UsageError(f"--last should be at least 1. Received: {args.last}")
    config = load_store_config(args)
    from pipeline.store.connection import existing_store
    from pipeline.store.history import read_history

    entries = read_history(existing_store(config), config)[-args.last :]
    if args.json:
        terminal.emit_json([each.to_json_dict() for each in entries])
        return 0
    metrics = shown_in(Table.HISTORY)
    terminal.table(
        f"Runs and rollbacks of {config.pipeline.name}",
        ("time", "event", "result", *(metric.name for metric in metrics), "version", "now"),
        [
            (
                each.time,
                each.run_id or "rollback",
                each.status or f"restored {each.restored_from}",
                *metric_cells(metrics, each.metrics),
                None if each.version is None else str(each.version),
                each.version_state,
            )
            for each in entries
        ],
    )
    return 0
