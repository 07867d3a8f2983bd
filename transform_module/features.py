"""Names, types and groups of every feature, raw and transformed.

The one place that spells a feature's name. Imports nothing heavy, so that every package may use it.
"""

from typing import Final

from movielens import constants

# --- Raw example: one a rating (and, in split `catalogue`, one a movie) --------------------------

USER_ID: Final = "user_id"  # int64 [1]
MOVIE_ID: Final = "movie_id"  # int64 [1]
TITLE: Final = "title"  # bytes [1], UTF-8; empty where unknown
GENRES: Final = "genres"  # bytes [0..n]
TIMESTAMP: Final = "timestamp"  # int64 [1], seconds since the epoch, UTC; passes through
RATING: Final = "rating"  # float [1], 0.5-5 by halves
HISTORY_MOVIE_IDS: Final = "history_movie_ids"  # int64 [0..max_history], most recent first
HISTORY_RATINGS: Final = "history_ratings"  # float, parallel to HISTORY_MOVIE_IDS

# Constants of the data set, for those who need features as well.
SPLIT_TRAIN: Final = constants.SPLIT_TRAIN
SPLIT_EVAL: Final = constants.SPLIT_EVAL
SPLIT_TEST: Final = constants.SPLIT_TEST
SPLIT_CATALOGUE: Final = constants.SPLIT_CATALOGUE
RATING_SPLITS: Final = constants.RATING_SPLITS
MIN_RATING: Final = constants.MIN_RATING
MAX_RATING: Final = constants.MAX_RATING
RATING_STEP: Final = constants.RATING_STEP
LIKED_THRESHOLD: Final = constants.LIKED_THRESHOLD
GENRE_NAMES: Final = constants.GENRE_NAMES
PADDING_ID: Final = -1  # pads id lists; never a movie

# --- Transformed: labels, the bar, and the keys that metrics are sliced by -----------------------

LIKED: Final = "liked"  # float [1], 1.0 where RATING >= LIKED_THRESHOLD
BIAS_RATING: Final = "bias_rating"  # float [1], what the user + item bias baseline predicts
USER_ACTIVITY: Final = "user_activity"  # bytes [1], a key of ACTIVITY_FLOORS
MOVIE_POPULARITY: Final = "movie_popularity"  # bytes [1], a key of POPULARITY_FLOORS
RELEASE_DECADE: Final = "release_decade"  # bytes [1], "1990s" ... or "unknown"

# The fewest train ratings of a user, or of a movie, in each band.
ACTIVITY_FLOORS: Final = {"cold": 0, "some": 20, "heavy": 100}
POPULARITY_FLOORS: Final = {"unseen": 0, "rare": 1, "known": 10, "popular": 50}
UNKNOWN_DECADE: Final = "unknown"

# --- Transformed: the model's inputs -------------------------------------------------------------

USER_INDEX: Final = "user_index"  # int64 [1], 0 = not in train
MOVIE_INDEX: Final = "movie_index"  # int64 [1], 0 = not in train
GENRE_INDICES: Final = "genre_indices"  # int64 [MAX_GENRES], of GENRE_NAMES; -1 pads
TITLE_WORDS: Final = "title_words"  # int64 [MAX_TITLE_WORDS], fingerprints in order; -1 pads
RELEASE_YEAR: Final = "release_year"  # float [1], the median where the title names none
YEAR: Final = "year"  # float [1], the same z-scored over movies
USER_RATING_FREQ: Final = "user_rating_freq"  # float [1], log(1 + ratings), z-scored over users
USER_RATING_MEAN: Final = "user_rating_mean"  # float [1], damped mean, z-scored over users
MOVIE_RATING_FREQ: Final = "movie_rating_freq"  # float [1], log(1 + ratings), z-scored over movies
MOVIE_AVG_RATING: Final = "movie_avg_rating"  # float [1], damped mean, z-scored over movies
MOVIE_DAMPED_MEAN: Final = "movie_damped_mean"  # float [1], the same in stars
MOVIE_RATING_COUNT: Final = "movie_rating_count"  # float [1], train ratings
MOVIE_LIKE_COUNT: Final = "movie_like_count"  # float [1], train ratings that are likes

MAX_GENRES: Final = 10
MAX_TITLE_WORDS: Final = 12
OTHER_GENRE_INDEX: Final = len(GENRE_NAMES)  # of a genre that the list lacks

# Features that hold a fixed number of values; all others hold one, but for the histories.
FIXED_LISTS: Final = (GENRE_INDICES, TITLE_WORDS)

# Features that rest on train labels exist twice: as they are, for evaluation and serving, and out
# of fold, for training: computed without the ratings of the row's own fold.
AGGREGATES: Final = (
    USER_RATING_FREQ,
    USER_RATING_MEAN,
    MOVIE_RATING_FREQ,
    MOVIE_AVG_RATING,
    MOVIE_DAMPED_MEAN,
)


def out_of_fold(name: str) -> str:
    """Returns the name of an aggregate's out-of-fold version.

    >>> out_of_fold("movie_avg_rating")
    'movie_avg_rating_oof'
    """
    return f"{name}_oof"
