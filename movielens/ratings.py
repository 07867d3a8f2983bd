"""Ratings as arrays: their columns, the latest of each movie, and how users map to shards."""

from typing import Final

import numpy as np
import numpy.typing as npt

RATING_ROW: Final = np.dtype(
    [
        ("user_id", np.int64),
        ("movie_id", np.int64),
        ("rating", np.float32),
        ("timestamp", np.int64),  # seconds since the epoch, UTC
        # The line in the ratings file, from 1; the bits from AGE_SHIFT on hold the span's age
        # (`Source.age`). It keeps the order of the files through a shuffle, the newest span first.
        ("line", np.int64),
    ]
)
AGE_SHIFT: Final = 40

Rows = npt.NDArray[np.void]


def mix64(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spreads integers evenly over all 64-bit values: the finaliser of SplitMix64.

    The map is a bijection. It must never change: splits and shards depend on it. Source: Steele,
    Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.

    >>> mix64(np.array([1, 2], np.uint64)).tolist()
    [6238072747940578789, 15839785061582574730]
    """
    mixed: npt.NDArray[np.uint64] = values ^ (values >> np.uint64(30))
    mixed = mixed * np.uint64(0xBF58476D1CE4E5B9)
    mixed = mixed ^ (mixed >> np.uint64(27))
    mixed = mixed * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def uniform_by_pair(
    user_ids: npt.NDArray[np.int64], movie_ids: npt.NDArray[np.int64], seed: int
) -> npt.NDArray[np.float64]:
    """Draws a number in [0, 1) for each pair [n], which depends only on the pair and the seed."""
    state = mix64(np.full(1, seed, np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    state = mix64(state ^ user_ids.astype(np.uint64))
    state = mix64(state + np.uint64(0x9E3779B97F4A7C15) ^ movie_ids.astype(np.uint64))
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53


def shard_of_user(user_ids: npt.NDArray[np.int64], shards: int) -> npt.NDArray[np.int64]:
    """Returns the shard, 0 to `shards` - 1, to which all ratings of each user belong."""
    return (mix64(user_ids.astype(np.uint64)) % np.uint64(shards)).astype(np.int64)


def keep_one_a_pair(rows: Rows) -> tuple[Rows, int]:
    """Keeps the latest of the ratings (dtype `RATING_ROW`, in any order) of each user and movie.

    The newest span's counts; of two in one span, that with the later timestamp; of two with the
    same timestamp, the last line. Returns the ratings in the order of `line`, and how many were
    superseded.
    """
    rows = rows[np.argsort(rows["line"])]
    age = rows["line"] >> AGE_SHIFT
    by_pair = np.lexsort((rows["line"], rows["timestamp"], -age, rows["movie_id"], rows["user_id"]))
    users, movies = rows["user_id"][by_pair], rows["movie_id"][by_pair]
    is_superseded = np.zeros(len(rows), bool)
    is_superseded[by_pair[:-1]] = (users[1:] == users[:-1]) & (movies[1:] == movies[:-1])
    return rows[~is_superseded], int(np.count_nonzero(is_superseded))
