"""Measures one cell, in a process of its own: nothing is warm, and its peak memory is its own."""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.fresh_process import peak_memory_mb
from movielens.constants import LIKED_THRESHOLD
from movielens.splits import TEST
from scoreboard.cells import Cell, Result
from scoreboard.data.rated_movies import RatedMovies, read_ratings, split_ratings
from scoreboard.measuring.answers import Answers
from scoreboard.measuring.catalogue_metrics import measure_lists
from scoreboard.measuring.forced_rows import forced_rows
from scoreboard.measuring.list_tasks import list_task
from scoreboard.measuring.metrics import Predictions, figures_by_user, measure
from scoreboard.peers.registry import PEERS, ask_peer
from scoreboard.protocols import PROTOCOLS
from scoreboard.rating_files import data_fingerprint
from trainer_module.config import TrainerConfig


def measure_on_files(cell: Cell, data_folder: Path, cache: Path) -> Result:
    """Measures a cell on the ratings of a MovieLens folder.

    Args:
        cell: What to measure.
        data_folder: A MovieLens folder.
        cache: Where prepared data are kept.
    """
    # Before anything is read: files that change meanwhile make a result that no board takes.
    fingerprint = cell.fingerprint(data_fingerprint(data_folder))
    rated = split_ratings(*read_ratings(data_folder), PROTOCOLS[cell.protocol].ingest)
    return measure_cell(cell, rated, cache, fingerprint)


def measure_cell(cell: Cell, rated: RatedMovies, cache: Path, fingerprint: str) -> Result:
    """Trains the cell's model, asks it and measures its answers.

    Args:
        cell: What to measure.
        rated: The ratings with the protocol's splits.
        cache: Where prepared data are kept.
        fingerprint: Of the code and the data.

    Returns:
        The result, of this process's peak memory.

    The trained model lives in a temporary folder that is removed: a board measures, it never makes
    something that could be pushed.
    """
    answers = _ask(cell, rated, cache)
    protocol = PROTOCOLS[cell.protocol]
    metrics: dict[str, float] = {}
    unforced = by_user = None
    if answers.predictions:
        metrics |= measure(answers.predictions)
        by_user = figures_by_user(answers.predictions)
        if protocol.has_forced_rows:
            unforced = measure(answers.predictions.where(~_is_forced(answers.predictions, rated)))
    if answers.lists is not None:
        metrics |= measure_lists(answers.lists, list_task(rated))
    return Result(
        cell=cell,
        fingerprint=fingerprint,
        metrics=metrics,
        metrics_unforced=unforced,
        by_user=by_user,
        fit_seconds=answers.fit_seconds,
        peak_memory_mb=peak_memory_mb(),
    )


def _ask(cell: Cell, rated: RatedMovies, cache: Path) -> Answers:
    task = list_task(rated)
    if cell.is_peer and PEERS[cell.model].rate_features is None:
        return ask_peer(cell.model, rated, task, cell.seed)
    # Beam and tf.Transform take seconds and most of a gigabyte: not on the account of the others.
    from scoreboard.data.protocol_data import prepare
    from scoreboard.measuring.registry_models import train_and_ask

    data = prepare(PROTOCOLS[cell.protocol], rated, cache / "data")
    if cell.is_peer:
        return ask_peer(cell.model, rated, task, cell.seed, data)
    config = TrainerConfig(
        model=cell.model,
        objective=cell.objective,
        seed=cell.seed,
        folds_by="time" if PROTOCOLS[cell.protocol].ingest.cuts_by_time else "hash",
    )
    with tempfile.TemporaryDirectory(prefix="scoreboard-") as folder:
        return train_and_ask(data, rated, task, config, Path(folder))


def _is_forced(predictions: Predictions, rated: RatedMovies) -> NDArray[np.bool_]:
    rows = rated.rows
    forced = forced_rows(
        rows["user_id"], rows["movie_id"], rows["rating"] >= LIKED_THRESHOLD, rated.codes == TEST
    )
    forced_pairs = set(rows[["user_id", "movie_id"]][forced].tolist())
    asked = zip(predictions.user_ids.tolist(), predictions.movie_ids.tolist(), strict=True)
    return np.array([pair in forced_pairs for pair in asked])
