"""How long the default model takes to train, on made-up data of several sizes.

    python -m benchmarks.training --ratings 100_000 1_000_000

Each size is measured in a process of its own: `run_fn`, from transformed examples to the exported
model, with both trainings. Memory includes all imports. The time for a rating should not grow with
the number of ratings.
"""

import contextlib
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.sizes import made_up_ratings, measure_all, measured, parser, peak_memory_mb
from scoreboard.protocols import PROTOCOLS

PREPARE_FLAG, MEASURE_FLAG = "--prepare", "--measure"  # the steps of a child process


def main() -> int:
    """Measures every size, or does one step with one folder in a child process."""
    args = parser(__doc__, PREPARE_FLAG, MEASURE_FLAG).parse_args()
    if args.prepare or args.measure:
        print(json.dumps(_train(Path(args.measure)) if args.measure else _prepare(args.prepare)))
        return 0
    measure_all(args, "     ratings    seconds  us/rating    peak MB", _of_size, _line)
    return 0


def _line(result: dict[str, Any]) -> str:
    microseconds = 1e6 * result["seconds"] / result["ratings"]
    return (
        f"{result['ratings']:>12,} {result['seconds']:>10.1f} "
        f"{microseconds:>10.0f} {result['peak_memory_mb']:>10,.0f}"
    )


def _of_size(ratings: int) -> dict[str, Any]:
    with made_up_ratings(ratings) as folder:
        measured(__file__, PREPARE_FLAG, folder)  # Beam's memory is not the training's
        return {"ratings": ratings, **measured(__file__, MEASURE_FLAG, folder)}


def _prepare(folder: str) -> dict[str, Any]:
    _data(Path(folder))
    return {}


def _train(folder: Path) -> dict[str, Any]:
    from scoreboard.measuring.our_models import trainer_arguments
    from trainer_module.config import TrainerConfig
    from trainer_module.entrypoint import run_fn

    arguments = trainer_arguments(_data(folder), TrainerConfig(), folder / "trained")
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        run_fn(arguments)
    return {"seconds": time.perf_counter() - started, "peak_memory_mb": peak_memory_mb()}


def _data(folder: Path) -> Any:
    from scoreboard.data.protocol_data import prepare
    from scoreboard.data.rated_movies import read_ratings, split_ratings

    protocol = PROTOCOLS["temporal"]
    return prepare(protocol, split_ratings(*read_ratings(folder), protocol.ingest), folder / "data")


if __name__ == "__main__":
    sys.exit(main())
