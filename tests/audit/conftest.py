"""A part of the real data, small enough that its features are made in seconds."""

import pytest

from audit.subject import Subject
from scoreboard.data.rated_movies import RatedMovies, split_ratings
from scoreboard.protocols import PROTOCOLS
from tests.support.real_ratings import (
    RatingsAndMovies,
    default_folder,
    few_ratings,
    real_movies,
    real_ratings,
)

__all__ = ["default_folder", "few_ratings", "real_movies", "real_ratings"]


@pytest.fixture(scope="session")
def rated(few_ratings: RatingsAndMovies) -> RatedMovies:
    return split_ratings(*few_ratings, PROTOCOLS["temporal"].ingest)


@pytest.fixture(scope="session")
def honest(rated: RatedMovies, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return Subject.prepare(rated, tmp_path_factory.mktemp("honest"))
