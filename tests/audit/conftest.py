"""A part of the real data, small enough that its features are made in seconds."""

import pytest

from audit.subject import Subject
from scoreboard.data.rated_movies import RatedMovies, split_ratings
from scoreboard.protocols import PROTOCOLS
from tests.support.real_ratings import default_folder, few_ratings, real_movies, real_ratings

__all__ = ["default_folder", "few_ratings", "real_movies", "real_ratings"]


@pytest.fixture(scope="session")
def rated(few_ratings) -> RatedMovies:
    return split_ratings(*few_ratings, PROTOCOLS["temporal"].ingest)


@pytest.fixture(scope="session")
def honest(rated, tmp_path_factory) -> Subject:
    return Subject.prepare(rated, tmp_path_factory.mktemp("honest"))
