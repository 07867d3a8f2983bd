"""The default data, read once for all tests of the scoreboard, and a measured cell."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from components.atomic_pusher.leaky_mark import mark_leaky
from scoreboard.cells import Cell, Result
from scoreboard.data.protocol_data import ProtocolData, prepare
from scoreboard.data.rated_movies import RatedMovies, split_ratings
from scoreboard.measuring import our_models
from scoreboard.measuring.cell_process import measure_cell
from scoreboard.protocols import PROTOCOLS
from tests.support.real_ratings import (
    RatingsAndMovies,
    default_folder,
    default_ratings,
    few_ratings,
    real_movies,
    real_ratings,
)

__all__ = ["default_folder", "default_ratings", "few_ratings", "real_movies", "real_ratings"]


@dataclasses.dataclass(frozen=True)
class MeasuredCell:
    """A cell of the leaky protocol, for real, on the ratings of some users.

    Attributes:
        rated: The ratings.
        cache: Holds the examples and the graph.
        result: What was measured.
        model: A copy of the exported model, in a folder named as TFX names it.
        left: Models that the cell has left among its temporary files.
    """

    rated: RatedMovies
    cache: Path
    result: Result
    model: Path
    left: list[Path]

    def data(self) -> ProtocolData:
        """The cell's examples and graph."""
        return prepare(PROTOCOLS["reference-leaky"], self.rated, self.cache / "data")


@pytest.fixture(scope="session")
def leaky_cell(
    few_ratings: RatingsAndMovies, tmp_path_factory: pytest.TempPathFactory
) -> MeasuredCell:
    rated = split_ratings(*few_ratings, PROTOCOLS["reference-leaky"].ingest)
    folder = tmp_path_factory.mktemp("leaky_cell")
    cache, kept, temporary = (folder / name for name in ("cache", "Format-Serving", "temporary"))
    temporary.mkdir()

    def mark_and_keep(model: Path) -> None:
        mark_leaky(model)
        shutil.copytree(model, kept)

    cell = Cell(protocol="reference-leaky", model="bias", objective="mse", seed=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(temporary))
        patch.setattr(our_models, "mark_leaky", mark_and_keep)
        result = measure_cell(cell, rated, cache, "of some code and data")
    return MeasuredCell(rated, cache, result, kept, list(temporary.rglob("saved_model.pb")))
