"""The rating scale, the genres and the names of the splits. Light, so that all may import it."""

from typing import Final

MIN_RATING: Final = 0.5
MAX_RATING: Final = 5.0
RATING_STEP: Final = 0.5
LIKED_THRESHOLD: Final = 4.0  # a rating of at least this many stars is a like

SPLIT_TRAIN: Final = "train"
SPLIT_EVAL: Final = "eval"
SPLIT_TEST: Final = "test"
SPLIT_CATALOGUE: Final = "catalogue"  # no ratings: one example a movie of the input
RATING_SPLITS: Final = (SPLIT_TRAIN, SPLIT_EVAL, SPLIT_TEST)

GENRE_NAMES: Final = (
    *("Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "IMAX", "Musical", "Mystery", "Romance", "Sci-Fi"),
    *("Thriller", "War", "Western"),
)
