"""The options that say which pipeline's metadata a command looks into."""

import argparse
from pathlib import Path

from pipeline.commands.set_flag import add_set_flag
from pipeline.config import PipelineConfig, load_config


def add_store_options(parser: argparse.ArgumentParser) -> None:
    """Adds `--config`, `--output`, `--set` and `--json`."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="the runs' TOML file")
    parser.add_argument("--output", metavar="DIR", help="folder of the runs [output]")
    add_set_flag(parser, "metadata.host=db1")
    parser.add_argument("--json", action="store_true", help="print JSON")


def load_store_config(args: argparse.Namespace) -> PipelineConfig:
    """Reads the configuration that the options name.

    Raises:
        UsageError: it is not one.
    """
    return load_config(args.config, overrides=args.set, output=args.output)
