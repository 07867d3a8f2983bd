"""Runs the programs under `benchmarks/`, which the pipeline does not import.

They tell how they go in events, one JSON object a line on stdout, and what went wrong on stderr.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from pipeline.errors import RunFailure, UsageError

_ROOT: Final = Path(__file__).parents[2]
_EXIT_USAGE: Final = 2


def add_data_flag(parser: argparse.ArgumentParser) -> None:
    """Adds `--data`, which ratings to work on."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="a MovieLens folder [the default]")


def data_arguments(args: argparse.Namespace) -> list[str]:
    """The program's arguments for `--data`; it runs in another folder than we do."""
    return ["--data", str(args.data.absolute())] if args.data else []


@contextmanager
def events_of(module: str, arguments: list[str]) -> Iterator[Iterator[dict[str, Any]]]:
    """Runs one of the programs under `benchmarks/` and gives the events that it tells.

    Args:
        module: its name, for `python -m`.
        arguments: its command line.

    Raises:
        RunFailure: it failed, or it is not there: it comes with the source, not with the package.
        UsageError: it refused its arguments.
    """
    if not (_ROOT / module.replace(".", "/")).is_dir():
        raise RunFailure(
            f"{module} is not in {_ROOT}: this command needs a checkout of the source, installed "
            "by `make setup` or `pip install -e .`"
        )
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(
        command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield _events(process.stdout)
            said = process.stderr.read().strip() if process.stderr else ""
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        last = said.splitlines()[-1] if said else f"exit code {process.returncode}"
        raise (UsageError if process.returncode == _EXIT_USAGE else RunFailure)(last)


def _events(stdout: IO[str] | None) -> Iterator[dict[str, Any]]:
    for line in stdout or ():
        if line.startswith("{"):
            yield json.loads(line)
