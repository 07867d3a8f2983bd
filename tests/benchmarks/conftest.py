"""The default data, read once for all tests of the benchmarks."""

from pathlib import Path

import pytest

from benchmarks.scoreboard.rated_movies import Rows, read_ratings
from movielens.datasets.default_data import write_default_data
from movielens.reading.movies import MovieTable


@pytest.fixture(scope="session")
def default_folder(tmp_path_factory) -> Path:
    return write_default_data(tmp_path_factory.mktemp("default_data"))


@pytest.fixture(scope="session")
def default_ratings(default_folder) -> tuple[Rows, MovieTable]:
    """The 100,004 ratings, in file order, and the 9,066 movies."""
    return read_ratings(default_folder)
