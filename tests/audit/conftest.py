"""A part of the real data, small enough that its features are made in seconds."""

import numpy as np
import pytest

from audit.subject import Subject
from movielens.reading.movies import MovieTable
from scoreboard.data.rated_movies import RatedMovies, split_ratings
from scoreboard.protocols import PROTOCOLS
from tests.support.real_ratings import default_folder, default_ratings, real_movies, real_ratings

__all__ = ["default_folder", "default_ratings", "real_movies", "real_ratings"]

USERS = 25
UNRATED_EACH = 10  # one movie in so many that none of them has rated is kept


@pytest.fixture(scope="session")
def rated(default_ratings) -> RatedMovies:
    rows, movies = default_ratings
    few = rows[rows["user_id"] <= USERS]
    kept = np.isin(movies.movie_ids, few["movie_id"]) | (movies.movie_ids % UNRATED_EACH == 0)
    places = np.flatnonzero(kept)
    some = MovieTable(
        movies.movie_ids[places], movies.titles.take(places), movies.genres.take(places)
    )
    return split_ratings(few, some, PROTOCOLS["temporal"].ingest)


@pytest.fixture(scope="session")
def honest(rated, tmp_path_factory) -> Subject:
    return Subject.prepare(rated, tmp_path_factory.mktemp("honest"))
