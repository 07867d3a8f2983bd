"""How long the default model takes to train, on made-up data of several sizes.

    python -m benchmarks.training --ratings 100_000 1_000_000

Each size is measured in a process of its own: `run_fn`, from transformed examples to the exported
model, both trainings and all imports' memory included. The time a rating takes should not grow with
their number.
"""

import argparse
import contextlib
import io
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.fresh_process import measured, peak_memory_mb
from benchmarks.scoreboard.protocols import PROTOCOLS
from components.movielens_example_gen.synthetic import write_synthetic

RATINGS_PER_USER = 150
RATINGS_PER_MOVIE = 50
PREPARE_FLAG, MEASURE_FLAG = "--prepare", "--measure"  # what a child process does with a folder


def main() -> int:
    """Measures every size, prints a table and, where asked, writes JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--ratings",
        type=int,
        nargs="+",
        default=[100_000, 1_000_000],
        help="sizes (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument(PREPARE_FLAG, metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument(MEASURE_FLAG, metavar="FOLDER", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.prepare or args.measure:
        print(json.dumps(_train(Path(args.measure)) if args.measure else _prepare(args.prepare)))
        return 0
    print("     ratings    seconds  us/rating    peak MB")
    results = []
    for ratings in args.ratings:
        result = _of_size(ratings)
        results.append(result)
        print(
            f"{ratings:>12,} {result['seconds']:>10.1f} "
            f"{1e6 * result['seconds'] / ratings:>10.0f} {result['peak_memory_mb']:>10,.0f}",
            flush=True,
        )
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


def _of_size(ratings: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="training-benchmark-") as folder:
        write_synthetic(
            folder,
            users=max(20, ratings // RATINGS_PER_USER),
            movies=max(500, ratings // RATINGS_PER_MOVIE),
            ratings=ratings,
        )
        measured(__file__, PREPARE_FLAG, folder)  # Beam's memory is not the training's
        return {"ratings": ratings, **measured(__file__, MEASURE_FLAG, folder)}


def _prepare(folder: str) -> dict[str, Any]:
    _data(Path(folder))
    return {}


def _train(folder: Path) -> dict[str, Any]:
    from benchmarks.scoreboard.registry_models import trainer_arguments
    from trainer_module.config import TrainerConfig
    from trainer_module.entrypoint import run_fn

    arguments = trainer_arguments(_data(folder), TrainerConfig(), folder / "trained")
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        run_fn(arguments)
    return {"seconds": time.perf_counter() - started, "peak_memory_mb": peak_memory_mb()}


def _data(folder: Path) -> Any:
    from benchmarks.scoreboard.protocol_data import prepare
    from benchmarks.scoreboard.rated_movies import read_ratings, split_ratings

    protocol = PROTOCOLS["temporal"]
    return prepare(protocol, split_ratings(*read_ratings(folder), protocol.ingest), folder / "data")


if __name__ == "__main__":
    sys.exit(main())
