"""Measures something on made-up data of several sizes, and prints a table."""

import argparse
import multiprocessing
import os
import resource
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from movielens.datasets.synthetic import write_synthetic

_RATINGS_PER_USER: Final = 150
_RATINGS_PER_MOVIE: Final = 50
_WIDTH: Final = 15

Figures = dict[str, float]


def measure_sizes(description: str | None, *steps: Callable[[Path], Figures]) -> None:
    """Reads the command line of a program with this docstring, and measures and prints every size.

    Each of the `steps` is called on the MovieLens folder in a process of its own: nothing is warm,
    and its peak memory is its own. The table shows the figures of all.
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
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read when the C library loads
    for number, ratings in enumerate(args.ratings):
        figures: Figures = {"ratings": ratings}
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            write_synthetic(
                folder,
                users=max(20, ratings // _RATINGS_PER_USER),
                movies=max(500, ratings // _RATINGS_PER_MOVIE),
                ratings=ratings,
            )
            for step in steps:
                figures |= _in_fresh_process(step, Path(folder))
        if number == 0:
            print(*(f"{name:>{_WIDTH}}" for name in figures))
        print(*(f"{round(value, 2):>{_WIDTH},}" for value in figures.values()), flush=True)


def peak_memory_mb() -> float:
    """Returns the largest resident memory of this process so far, in 2**20 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_fresh_process(step: Callable[[Path], Figures], folder: Path) -> Figures:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as pool:
        return pool.submit(step, folder).result()
