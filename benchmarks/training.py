"""How long the default model takes to train, on made-up data of several sizes.

    python -m benchmarks.training --ratings 100_000 1_000_000

Each size is measured in a process of its own: `run_fn`, from transformed examples to the exported
model, with both trainings. Memory includes all imports. The time for a rating should not grow with
the number of ratings.
"""

import contextlib
import io
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.sizes import (
    Figures,
    in_fresh_process,
    made_up_ratings,
    measure_sizes,
    peak_memory_mb,
)
from scoreboard.protocols import PROTOCOLS

if TYPE_CHECKING:
    from scoreboard.data.protocol_data import ProtocolData

_HEADING: Final = "     ratings    seconds  us/rating    peak MB"


def prepare(folder: Path) -> Figures:
    """Makes the transformed examples of a MovieLens folder; there is nothing to measure."""
    _data(folder)
    return {}


def measure(folder: Path) -> Figures:
    """Trains on a MovieLens folder.

    Args:
        folder: `prepare` has made its transformed examples.

    Returns:
        Wall seconds, and peak memory in 2**20 bytes.
    """
    from scoreboard.measuring.our_models import trainer_arguments
    from trainer_module.config import TrainerConfig
    from trainer_module.entrypoint import run_fn

    arguments = trainer_arguments(_data(folder), TrainerConfig(), folder / "trained")
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        run_fn(arguments)
    return {"seconds": time.perf_counter() - started, "peak_memory_mb": peak_memory_mb()}


def _data(folder: Path) -> "ProtocolData":
    from scoreboard.data import protocol_data
    from scoreboard.data.rated_movies import read_ratings, split_ratings

    protocol = PROTOCOLS["temporal"]
    rated = split_ratings(*read_ratings(folder), protocol.ingest)
    return protocol_data.prepare(protocol, rated, folder / "data")


def _of_size(ratings: int) -> Figures:
    with made_up_ratings(ratings) as folder:
        in_fresh_process(prepare, folder)  # apart, because Beam's memory is not the training's
        return {"ratings": ratings, **in_fresh_process(measure, folder)}


def _line(figures: Figures) -> str:
    microseconds = 1e6 * figures["seconds"] / figures["ratings"]
    return (
        f"{figures['ratings']:>12,} {figures['seconds']:>10.1f} "
        f"{microseconds:>10.0f} {figures['peak_memory_mb']:>10,.0f}"
    )


if __name__ == "__main__":
    measure_sizes(__doc__, _HEADING, _of_size, _line)
