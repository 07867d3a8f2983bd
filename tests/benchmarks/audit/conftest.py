"""A part of the real data, small enough that its features are made in seconds."""

import pytest

from benchmarks.scoreboard.protocols import PROTOCOLS
from benchmarks.scoreboard.rated_movies import RatedMovies, split_ratings

USERS = 25


@pytest.fixture(scope="session")
def rated(default_ratings) -> RatedMovies:
    rows, movies = default_ratings
    few = rows[rows["user_id"] <= USERS]
    return split_ratings(few, movies, PROTOCOLS["temporal"].ingest)
