"""Which ratings train, choose (eval) and judge (test) a model.

The rules look at one user at a time, except `global_time`: a caller that has only some of the users
passes its two cuts.
"""

import hashlib
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from movielens import constants
from movielens.config import IngestConfig
from movielens.ratings import uniform_by_pair

TRAIN: Final = np.int8(0)
EVAL: Final = np.int8(1)
TEST: Final = np.int8(2)
SPLIT_CODES: Final = {
    constants.SPLIT_TRAIN: TRAIN,
    constants.SPLIT_EVAL: EVAL,
    constants.SPLIT_TEST: TEST,
}

# int(0.7 * n) is how the reference notebook cuts; 1 - 0.3 would round differently for some n.
_REFERENCE_TRAIN_FRACTION: Final = 0.7

Ids = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]


class TimeCuts(NamedTuple):
    """The instants of `global_time`: train is before `eval_start`, test from `test_start` on."""

    eval_start: int
    test_start: int


def assign_splits(
    user_ids: Ids,
    movie_ids: Ids,
    ratings: npt.NDArray[np.float32],
    timestamps: Ids,
    config: IngestConfig,
    cuts: TimeCuts | None = None,
) -> Codes:
    """Returns `TRAIN`, `EVAL` or `TEST` for each rating [n].

    They are all ratings of some users, each pair of user and movie once, and each user's in the
    order of the file, because `reference` cuts by it. `global_time` needs `cuts` if these are not
    the ratings of all users.
    """
    if config.split == "temporal":
        codes = _temporal(user_ids, movie_ids, timestamps, config)
        return _keep_lone_users_in_train(user_ids, codes)
    if config.split == "reference":
        codes = _reference(user_ids, movie_ids, ratings, config)
        return _keep_lone_users_in_train(user_ids, codes)
    if config.split == "random":
        drawn = uniform_by_pair(user_ids, movie_ids, config.seed)
        eval_start = 1 - config.resolved_test_fraction - config.eval_fraction
        return _cut(drawn, eval_start, 1 - config.resolved_test_fraction)
    cuts = cuts or time_cuts(timestamps, np.ones(len(timestamps), np.int64), config)
    return _cut(timestamps, cuts.eval_start, cuts.test_start)


def time_cuts(timestamps: Ids, counts: Ids, config: IngestConfig) -> TimeCuts:
    """Returns instants at or after which the configured shares of ratings, or a little more, are.

    Of the timestamps [m], in any order, each stands for as many ratings as `counts` [m] says.

    >>> config = IngestConfig(split="global_time")
    >>> time_cuts(np.arange(10), np.ones(10, np.int64), config)
    TimeCuts(eval_start=8, test_start=9)
    """
    order = np.argsort(timestamps, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    total = int(counts.sum())

    def instant(share_after: float) -> int:
        wanted = round(total * (1 - share_after))
        first = int(np.searchsorted(before, wanted, side="right")) - 1
        return int(timestamps[order[first]])

    test = config.resolved_test_fraction
    return TimeCuts(eval_start=instant(test + config.eval_fraction), test_start=instant(test))


def pairs_sha256(user_ids: Ids, movie_ids: Ids) -> str:
    r"""Returns the SHA-256 of the lines `user,movie` in numeric order, whatever the order of pairs.

    >>> expected = hashlib.sha256(b"2,7\n10,1").hexdigest()
    >>> pairs_sha256(np.array([10, 2]), np.array([1, 7])) == expected
    True
    """
    order = np.lexsort((movie_ids, user_ids))
    pairs = zip(user_ids[order].tolist(), movie_ids[order].tolist(), strict=True)
    lines = "\n".join(f"{user},{movie}" for user, movie in pairs)
    return hashlib.sha256(lines.encode("ascii")).hexdigest()


def rank_in_group(*sorted_keys: npt.NDArray[np.generic]) -> tuple[Ids, Ids]:
    """Returns the rank of each row in its group, from 0, and the size of that group, both [n].

    The columns [n] name a row's group; equal groups are adjacent.

    >>> rank_in_group(np.array([7, 7, 7, 9]))
    (array([0, 1, 2, 0]), array([3, 3, 3, 1]))
    """
    count = len(sorted_keys[0])
    is_start = np.ones(count, bool)
    is_start[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in sorted_keys])
    starts = np.flatnonzero(is_start)
    sizes = np.diff(starts, append=count)
    return np.arange(count) - np.repeat(starts, sizes), np.repeat(sizes, sizes)


def _temporal(user_ids: Ids, movie_ids: Ids, timestamps: Ids, config: IngestConfig) -> Codes:
    order = np.lexsort((movie_ids, timestamps, user_ids))
    rank, size = rank_in_group(user_ids[order])
    tested = np.clip(np.rint(config.resolved_test_fraction * size), 1, size)
    remaining = size - tested
    eval_start = remaining - np.rint(config.eval_fraction * remaining)
    codes = np.empty(len(order), np.int8)
    codes[order] = _cut(rank, eval_start, remaining)
    return codes


def _reference(
    user_ids: Ids, movie_ids: Ids, ratings: npt.NDArray[np.float32], config: IngestConfig
) -> Codes:
    liked = ratings >= constants.LIKED_THRESHOLD
    order = np.lexsort((liked, user_ids))  # stable: keeps the file's order within a group
    rank, size = rank_in_group(user_ids[order], liked[order])
    in_test = np.empty(len(order), bool)
    in_test[order] = rank >= np.floor(_REFERENCE_TRAIN_FRACTION * size)
    in_eval = uniform_by_pair(user_ids, movie_ids, config.seed) < config.eval_fraction
    return np.where(in_test, TEST, np.where(in_eval, EVAL, TRAIN))


def _cut(
    values: Ids | npt.NDArray[np.float64],
    eval_start: Ids | npt.NDArray[np.float64] | float,
    test_start: Ids | npt.NDArray[np.float64] | float,
) -> Codes:
    return np.where(values >= test_start, TEST, np.where(values >= eval_start, EVAL, TRAIN))


def _keep_lone_users_in_train(user_ids: Ids, codes: Codes) -> Codes:
    """Moves all ratings of a user who would have no train rating to train."""
    _, user = np.unique(user_ids, return_inverse=True)
    trained = np.bincount(user, weights=codes == TRAIN)
    return np.where(trained[user] == 0, TRAIN, codes)
