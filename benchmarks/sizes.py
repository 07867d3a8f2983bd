"""Measures a program on made-up data of several sizes, each in a process of its own."""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from movielens.datasets.synthetic import write_synthetic

_RATINGS_PER_USER: Final = 150
_RATINGS_PER_MOVIE: Final = 50


def parser(description: str | None, *child_flags: str) -> argparse.ArgumentParser:
    """Returns the command line of such a benchmark.

    Args:
        description: The program's docstring.
        child_flags: Flags by which the program runs itself on one folder, for one measurement.
    """
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument(
        "--ratings",
        type=int,
        nargs="+",
        default=[100_000, 1_000_000],
        help="sizes (default: %(default)s)",
    )
    made.add_argument("--json", type=Path, help="also write the figures to this file")
    for flag in child_flags:
        made.add_argument(flag, metavar="FOLDER", help=argparse.SUPPRESS)
    return made


def measure_all(
    args: argparse.Namespace,
    heading: str,
    measure: Callable[[int], dict[str, Any]],
    line: Callable[[dict[str, Any]], str],
) -> None:
    """Measures every size, prints a table and writes JSON if `--json` is given.

    Args:
        args: The parsed command line.
        heading: The table's first line.
        measure: Measures one size.
        line: Returns the table's line for a measurement.
    """
    print(heading)
    results = []
    for ratings in args.ratings:
        results.append(measure(ratings))
        print(line(results[-1]), flush=True)
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


@contextlib.contextmanager
def made_up_ratings(ratings: int) -> Iterator[str]:
    """Yields a temporary MovieLens folder of so many ratings."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        write_synthetic(
            folder,
            users=max(20, ratings // _RATINGS_PER_USER),
            movies=max(500, ratings // _RATINGS_PER_MOVIE),
            ratings=ratings,
        )
        yield folder


def measured(program: str, *arguments: str) -> dict[str, Any]:
    """Runs a program in a fresh process and returns the JSON that it prints last.

    Args:
        program: The file to run.
        arguments: Its command line.

    Raises:
        RuntimeError: It failed; the message holds the end of its errors.
    """
    root = str(Path(__file__).parents[1])
    child = subprocess.run(
        [sys.executable, program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": root},
    )
    if child.returncode:
        raise RuntimeError(f"Measuring {' '.join(arguments)} failed: {child.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    return result


def peak_memory_mb() -> float:
    """Returns the largest resident memory of this process so far, in 2**20 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
