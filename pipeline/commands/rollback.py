"""`movielens rollback`: an earlier blessed version is served again."""

import argparse
from typing import Any

from pipeline import terminal
from pipeline.commands.store_options import add_store_options, load_store_config

_DESCRIPTION = """Puts an earlier blessed version back: a copy of it becomes the newest version in
the served folder, in one step, so that model servers pick it up. Without VERSION, the last one
before the served one that has another model. Does not wait for a run that is going on."""
_EXAMPLE = """examples:
  movielens rollback
  movielens rollback 1795518837 --config configs/production.toml
"""


def add_parser(subparsers: Any) -> None:
    """Adds the parser of `movielens rollback`."""
    parser = subparsers.add_parser(
        "rollback",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("version", nargs="?", type=int, metavar="VERSION", help="see history")
    add_store_options(parser)


def run(args: argparse.Namespace) -> int:
    """Rolls back.

    Raises:
        UsageError: there is no such version.
        RunFailure: it cannot be put back; what was served is still served.
    """
    config = load_store_config(args)
    from pipeline.store.connection import existing_store
    from pipeline.store.rollback import roll_back

    restored = roll_back(existing_store(config), config, args.version)
    if args.json:
        terminal.emit_json(
            {
                "version": restored.version,
                "restored_from": restored.restored_from,
                "replaced": restored.replaced,
                "folder": str(restored.folder),
            }
        )
    terminal.say(
        f"version {restored.restored_from} is served again, as version {restored.version}; "
        f"before that, {restored.replaced or 'none'} was"
    )
    return 0
