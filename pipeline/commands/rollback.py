"""Serves an earlier blessed version again.

A copy of it becomes the newest version in the served folder, in one step, so that model servers
pick it up. Without VERSION, it is the last version before the served one that has another model.
A run that is going on is not waited for.

Examples:
  movielens rollback
  movielens rollback 1795518837 --config configs/production.toml
"""

import argparse
import dataclasses

from pipeline import terminal
from pipeline.commands.arguments import add_store_options
from pipeline.config import load_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("version", nargs="?", type=int, metavar="VERSION", help="see history")
    add_store_options(parser)


def run(args: argparse.Namespace) -> int:
    config = load_config(args.config, overrides=args.set, output=args.output)
    from pipeline.store.connection import existing_store
    from pipeline.store.rollback import roll_back

    restored = roll_back(existing_store(config), config, args.version)
    if args.json:
        terminal.emit_json(dataclasses.asdict(restored) | {"folder": str(restored.folder)})
    terminal.say(
        f"version {restored.restored_from} is served again, as version {restored.version}; "
        f"before that, {restored.replaced or 'none'} was"
    )
    return 0
