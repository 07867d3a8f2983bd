"""The real ratings."""

from tests.support.real_ratings import default_folder, real_movies, real_ratings

__all__ = ["default_folder", "real_movies", "real_ratings"]
