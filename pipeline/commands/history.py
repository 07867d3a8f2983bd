"""Lists the runs and rollbacks in the metadata store, the newest last.

Examples:
  movielens history
  movielens history --config configs/production.toml --last 50
  movielens history --json | jq '.[] | select(.version_state == "served")'
"""

import argparse
from dataclasses import asdict

from components.evaluator.metrics import Table, shown_in
from pipeline import terminal
from pipeline.commands.arguments import add_store_options
from pipeline.config import load_config
from pipeline.errors import UsageError
from pipeline.run.record import metric_cells


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--last", type=int, default=20, metavar="N", help="at most N entries [20]")
    add_store_options(parser)


def run(args: argparse.Namespace) -> int:
    if args.last < 1:
        raise UsageError(f"--last should be at least 1. Received: {args.last}")
    config = load_config(args.config, overrides=args.set, output=args.output)
    from pipeline.store.connection import existing_store
    from pipeline.store.history import read_history

    entries = read_history(existing_store(config), config)[-args.last :]
    if args.json:
        terminal.emit_json([asdict(each) for each in entries])
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
