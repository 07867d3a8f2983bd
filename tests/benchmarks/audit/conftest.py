"""A part of the real data, small enough that its features are made in seconds."""

import pytest

from benchmarks.scoreboard.protocols import PROTOCOLS
from benchmarks.scoreboard.rated_movies import RatedMovies, read_ratings, split_ratings

USERS = 25


@pytest.fixture(scope="session")
def rated(tmp_path_factory) -> RatedMovies:
    rows, movies = read_ratings(None, tmp_path_factory.mktemp("data"))
    few = rows[rows["user_id"] <= USERS]
    return split_ratings(few, movies, PROTOCOLS["temporal"].ingest)
