"""Fixtures: the default data, as files and as arrays."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from movielens.datasets.default_data import write_default_data
from movielens.reading.layouts import CSV_LAYOUT
from movielens.reading.movies import MovieTable, parse_movies
from movielens.reading.parsing import parse_ratings

RatingsAndMovies = tuple[npt.NDArray[np.void], MovieTable]


@pytest.fixture(scope="session")
def default_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default data on disk."""
    return write_default_data(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="session")
def real_movies(default_folder: Path) -> MovieTable:
    """The 9,066 movies of the default data."""
    return parse_movies((default_folder / "movies.csv").read_bytes(), CSV_LAYOUT).table


@pytest.fixture(scope="session")
def real_ratings(default_folder: Path, real_movies: MovieTable) -> npt.NDArray[np.void]:
    """The 100,004 ratings of the default data, in file order."""
    block = (default_folder / "ratings.csv").read_bytes()
    return parse_ratings(block, CSV_LAYOUT, real_movies).rows


@pytest.fixture(scope="session")
def default_ratings(
    real_ratings: npt.NDArray[np.void], real_movies: MovieTable
) -> RatingsAndMovies:
    """Both, as `scoreboard.data.rated_movies.read_ratings` reads them from the files."""
    return real_ratings, real_movies


@pytest.fixture(scope="session")
def few_ratings(real_ratings: npt.NDArray[np.void], real_movies: MovieTable) -> RatingsAndMovies:
    """The ratings of 25 users, few enough that their features are made in seconds.

    Of the movies that none of these users has rated, a tenth is kept.
    """
    few = real_ratings[real_ratings["user_id"] <= 25]
    movie_ids = real_movies.movie_ids
    kept = np.flatnonzero(np.isin(movie_ids, few["movie_id"]) | (movie_ids % 10 == 0))
    return few, MovieTable(
        movie_ids[kept], real_movies.titles.take(kept), real_movies.genres.take(kept)
    )
