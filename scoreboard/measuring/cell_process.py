"""Measures one cell in a process of its own: nothing is warm, and its peak memory is its own.

    python -m scoreboard.measuring.cell_process CELL DATA CACHE

`CELL` is JSON. The board starts this program for each cell.
"""

import resource
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.evaluator.rated_rows import RatedRows
from movielens.constants import LIKED_THRESHOLD
from movielens.splits import TEST
from scoreboard.cells import Cell, Result
from scoreboard.data.rated_movies import RatedMovies, read_ratings, split_ratings
from scoreboard.fingerprints import data_fingerprint
from scoreboard.measuring.answers import Answers, Question
from scoreboard.measuring.catalogue_metrics import measure_lists
from scoreboard.measuring.forced_rows import forced_rows
from scoreboard.measuring.list_tasks import list_task
from scoreboard.measuring.metrics import figures_by_user, measure
from scoreboard.peers.registry import PEERS, ask_peer
from scoreboard.protocols import PROTOCOLS
from trainer_module.config import TrainerConfig


def main() -> None:
    """Measures the cell of the command line and writes its result."""
    cell, data_folder, cache = Cell.model_validate_json(sys.argv[1]), *map(Path, sys.argv[2:])
    # Taken before anything is read: if a file changes meanwhile, no board takes the result.
    fingerprint = cell.fingerprint(data_fingerprint(data_folder))
    rated = split_ratings(*read_ratings(data_folder), PROTOCOLS[cell.protocol].ingest)
    measure_cell(cell, rated, cache, fingerprint).write(cache)


def measure_cell(cell: Cell, rated: RatedMovies, cache: Path, fingerprint: str) -> Result:
    """Trains the cell's model, asks it and measures its answers.

    The trained model is in a temporary folder, which is removed: nothing that a board makes can be
    pushed. The examples stay in the cache. The memory is this process's peak.
    """
    answers = _ask(cell, rated, cache)
    metrics: dict[str, float] = {}
    unforced = by_user = None
    if answers.rows is not None:
        metrics |= measure(answers.rows, are_probabilities=answers.are_probabilities)
        by_user = figures_by_user(answers.rows)
        if PROTOCOLS[cell.protocol].has_forced_rows:
            kept = np.flatnonzero(~_is_forced(answers.rows, rated))
            unforced = measure(
                answers.rows.take(kept, whole_users=True),
                are_probabilities=answers.are_probabilities,
            )
    if answers.lists is not None:
        metrics |= measure_lists(answers.lists, list_task(rated))
    return Result(
        cell=cell,
        fingerprint=fingerprint,
        metrics=metrics,
        metrics_unforced=unforced,
        by_user=by_user,
        fit_seconds=answers.fit_seconds,
        peak_memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _ask(cell: Cell, rated: RatedMovies, cache: Path) -> Answers:
    task, protocol = list_task(rated), PROTOCOLS[cell.protocol]
    if cell.is_peer and not PEERS[cell.model].reads_features:
        return ask_peer(cell.model, Question(rated=rated, task=task), cell.seed)
    # Imported here because Beam and tf.Transform take seconds and most of a gigabyte.
    from scoreboard.data.protocol_data import prepare
    from scoreboard.measuring.our_models import train_and_ask

    data = prepare(protocol, rated, cache / "data")
    if cell.is_peer:
        return ask_peer(cell.model, Question(rated=rated, task=task, data=data), cell.seed)
    config = TrainerConfig(
        model=cell.model,
        objective=cell.objective,
        seed=cell.seed,
        folds_by="time" if protocol.ingest.cuts_by_time else "hash",
    )
    with tempfile.TemporaryDirectory(prefix="scoreboard-") as folder:
        return train_and_ask(rated, task, data, config, Path(folder))


def _is_forced(asked: RatedRows, rated: RatedMovies) -> NDArray[np.bool_]:
    rows = rated.rows
    forced = forced_rows(
        rows["user_id"], rows["movie_id"], rows["rating"] >= LIKED_THRESHOLD, rated.codes == TEST
    )
    forced_pairs = set(rows[["user_id", "movie_id"]][forced].tolist())
    pairs = zip(asked.user_ids.tolist(), asked.movie_ids.tolist(), strict=True)
    return np.array([pair in forced_pairs for pair in pairs])


if __name__ == "__main__":
    main()
