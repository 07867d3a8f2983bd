"""The flag `--set`, which every command takes that reads a configuration."""

import argparse


def add_set_flag(parser: argparse.ArgumentParser, example: str = "trainer.epochs=5") -> None:
    """Adds `--set KEY=VALUE`, which may be given several times.

    Args:
        parser: of a command; `args.set` goes to `load_config` as overrides.
        example: an option that the command's users may want to set.
    """
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=f"override an option of the configuration, such as {example}",
    )
