"""The default data, read once for all tests of the benchmarks."""

from pathlib import Path

import pytest

from benchmarks.scoreboard.rated_movies import Rows, read_ratings
from movielens.reading.movies import MovieTable
from tests.support.real_ratings import default_folder

__all__ = ["default_folder"]


@pytest.fixture(scope="session")
def default_ratings(default_folder: Path) -> tuple[Rows, MovieTable]:
    """The 100,004 ratings, in file order, and the 9,066 movies."""
    return read_ratings(default_folder)
