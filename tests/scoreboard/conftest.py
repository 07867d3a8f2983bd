"""The default data, read once for all tests of the scoreboard."""

from tests.support.real_ratings import default_folder, default_ratings, real_movies, real_ratings

__all__ = ["default_folder", "default_ratings", "real_movies", "real_ratings"]
