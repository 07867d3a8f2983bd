"""Measures something on made-up data of several sizes, and prints a table."""

import argparse
import contextlib
import json
import multiprocessing
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from movielens.datasets.synthetic import write_synthetic

_RATINGS_PER_USER: Final = 150
_RATINGS_PER_MOVIE: Final = 50

Figures = dict[str, float]


def measure_sizes(
    description: str | None,
    heading: str,
    measure: Callable[[int], Figures],
    line: Callable[[Figures], str],
) -> None:
    """Reads the command line, measures every size, prints a table and writes JSON if asked.

    Args:
        description: The program's docstring.
        heading: The table's first line.
        measure: Measures one size, a number of ratings.
        line: Returns the table's line for a measurement.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--ratings",
        type=int,
        nargs="+",
        default=[100_000, 1_000_000],
        help="sizes (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args()
    print(heading)
    results = []
    for ratings in args.ratings:
        results.append(measure(ratings))
        print(line(results[-1]), flush=True)
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


@contextlib.contextmanager
def made_up_ratings(ratings: int) -> Iterator[Path]:
    """Yields a temporary MovieLens folder of so many ratings."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        write_synthetic(
            folder,
            users=max(20, ratings // _RATINGS_PER_USER),
            movies=max(500, ratings // _RATINGS_PER_MOVIE),
            ratings=ratings,
        )
        yield Path(folder)


def in_fresh_process(measure: Callable[[Path], Figures], folder: Path) -> Figures:
    """Calls a function in a process of its own: nothing is warm, and its peak memory is its own."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read when the C library loads
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as pool:
        return pool.submit(measure, folder).result()


def peak_memory_mb() -> float:
    """Returns the largest resident memory of this process so far, in 2**20 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
