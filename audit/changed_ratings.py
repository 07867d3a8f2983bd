"""Ratings changed where no feature may look."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from movielens.splits import EVAL, TEST, TRAIN
from scoreboard.data.rated_movies import RatedMovies

_APPENDED_A_USER: Final = 3
_DAY: Final = 86_400


def permuted(rated: RatedMovies, chosen: NDArray[np.intp]) -> RatedMovies:
    """Returns the same ratings, with the stars of the `chosen` rows [m] permuted among them."""
    rows = rated.rows.copy()
    rows["rating"][chosen] = np.random.default_rng(0).permutation(rows["rating"][chosen])
    return dataclasses.replace(rated, rows=rows)


def with_future(rated: RatedMovies) -> RatedMovies:
    """Returns the same ratings and three more test ratings of each user, a day after all others.

    They are of the movies with the fewest ratings, so that a vocabulary that looks there grows.
    """
    rows = rated.rows
    users = np.unique(rows["user_id"])
    movies = rated.movies.movie_ids
    raters = np.bincount(rated.movies.positions(rows["movie_id"]), minlength=len(movies))
    rarest = movies[np.argsort(raters, kind="stable")]
    rated_pairs = set(rows[["user_id", "movie_id"]].tolist())
    added = []
    for position, user in enumerate(users.tolist()):
        ahead = np.roll(rarest[: len(users) * _APPENDED_A_USER], -position * _APPENDED_A_USER)
        new = [movie for movie in ahead.tolist() if (user, movie) not in rated_pairs]
        added += [(user, movie) for movie in new[:_APPENDED_A_USER]]
    future = np.zeros(len(added), rows.dtype)
    future["user_id"], future["movie_id"] = np.array(added).T
    future["rating"] = np.random.default_rng(0).choice([0.5, 5.0], len(added))
    future["timestamp"] = rows["timestamp"].max() + _DAY
    future["line"] = rows["line"].max() + 1 + np.arange(len(added))
    return dataclasses.replace(
        rated,
        rows=np.concatenate([rows, future]),
        codes=np.concatenate([rated.codes, np.full(len(added), TEST)]),
    )


def lone_train_rows(rated: RatedMovies) -> NDArray[np.intp]:
    """Returns train rows of which no two share a user or a movie, in a random choice.

    If their stars are permuted, no other row of the same user or movie changes.
    """
    chosen, users, movies = [], set(), set()
    train = np.flatnonzero(rated.codes == TRAIN)
    for row in np.random.default_rng(0).permutation(train).tolist():
        user, movie = rated.rows["user_id"][row], rated.rows["movie_id"][row]
        if user not in users and movie not in movies:
            chosen.append(row)
            users.add(user)
            movies.add(movie)
    return np.array(chosen)


# The ways to change ratings, by name.
TEST_PERMUTED, EVAL_PERMUTED, LONE_PERMUTED = "test_permuted", "eval_permuted", "lone_permuted"
FUTURE: Final = "future"
CHANGES: Final[Mapping[str, Callable[[RatedMovies], RatedMovies]]] = {
    TEST_PERMUTED: lambda rated: permuted(rated, np.flatnonzero(rated.codes == TEST)),
    EVAL_PERMUTED: lambda rated: permuted(rated, np.flatnonzero(rated.codes == EVAL)),
    LONE_PERMUTED: lambda rated: permuted(rated, lone_train_rows(rated)),
    FUTURE: with_future,
}
