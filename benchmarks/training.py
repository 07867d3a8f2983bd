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
from typing import TYPE_CHECKING

from benchmarks.sizes import Figures, measure_sizes, peak_memory_mb
from scoreboard.protocols import PROTOCOLS

if TYPE_CHECKING:
    from scoreboard.data.protocol_data import ProtocolData


def prepare(folder: Path) -> Figures:
    """Makes the transformed examples, apart because Beam's memory is not the training's."""
    _data(folder)
    return {}


def measure(folder: Path) -> Figures:
    """Trains on a folder that `prepare` has prepared: wall time, and peak memory in 2**20 bytes."""
    from scoreboard.measuring.our_models import trainer_arguments
    from trainer_module.config import TrainerConfig
    from trainer_module.entrypoint import run_fn

    data, ratings = _data(folder)
    arguments = trainer_arguments(data, TrainerConfig(), folder / "trained")
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        run_fn(arguments)
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "us_per_rating": 1e6 * seconds / ratings,
        "peak_memory_mb": peak_memory_mb(),
    }


def _data(folder: Path) -> "tuple[ProtocolData, int]":
    """Returns the folder's transformed examples, made when first asked for, and its ratings."""
    from scoreboard.data import protocol_data
    from scoreboard.data.rated_movies import read_ratings, split_ratings

    protocol = PROTOCOLS["temporal"]
    rated = split_ratings(*read_ratings(folder), protocol.ingest)
    return protocol_data.prepare(protocol, rated, folder / "data"), len(rated.rows)


if __name__ == "__main__":
    measure_sizes(__doc__, prepare, measure)
