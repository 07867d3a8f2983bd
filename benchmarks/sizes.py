"""What benchmarks over made-up data of several sizes have in common."""

import argparse
import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from movielens.datasets.synthetic import write_synthetic

RATINGS_PER_USER = 150
RATINGS_PER_MOVIE = 50


def parser(description: str | None, *child_flags: str) -> argparse.ArgumentParser:
    """The command line of such a benchmark.

    Args:
        description: The program's docstring.
        child_flags: With each of these and a folder the program runs itself for one measurement.
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


@contextlib.contextmanager
def made_up_ratings(ratings: int) -> Iterator[str]:
    """A temporary MovieLens folder of so many ratings."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        write_synthetic(
            folder,
            users=max(20, ratings // RATINGS_PER_USER),
            movies=max(500, ratings // RATINGS_PER_MOVIE),
            ratings=ratings,
        )
        yield folder


def measure_all(
    args: argparse.Namespace,
    heading: str,
    measure: Callable[[int], dict[str, Any]],
    line: Callable[[dict[str, Any]], str],
) -> None:
    """Measures every size, prints a table and, where asked, writes JSON.

    Args:
        args: Of `parser`.
        heading: The table's first line.
        measure: Measures one size.
        line: The table's line for what `measure` returned.
    """
    print(heading)
    results = []
    for ratings in args.ratings:
        results.append(measure(ratings))
        print(line(results[-1]), flush=True)
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
