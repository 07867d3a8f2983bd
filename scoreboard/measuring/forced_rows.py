"""The rows of `reference` whose label the split itself gives away."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def forced_rows(
    user_ids: NDArray[np.int64],
    movie_ids: NDArray[np.int64],
    liked: NDArray[np.bool_],
    is_test: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Finds test rows whose label follows from the order of movie ids.

    `reference` cuts each user's likes and dislikes apart at 70 %, in the order of movie ids. A test
    movie before the user's last train dislike can be no dislike, or it would be in train; likewise
    for likes. So between the last train rating of the one kind and the last of the other, a test
    movie is always of the kind whose train part ends first.

    All arrays are [n]. Eval rows count as train, of which they are carved.

    >>> ids = np.array([10, 20, 30, 40])  # like, dislike in train; 30 cannot be a dislike, 40 can
    >>> train_test = np.array([False, False, True, True])
    >>> forced_rows(np.ones(4, int), ids, np.array([1, 0, 1, 1], bool), train_test).tolist()
    [False, False, False, False]
    >>> ids = np.array([10, 35, 30, 40])
    >>> forced_rows(np.ones(4, int), ids, np.array([1, 0, 1, 1], bool), train_test).tolist()
    [False, False, True, False]
    """
    _, user = np.unique(user_ids, return_inverse=True)
    last_like = _last_by_user(user, movie_ids, liked & ~is_test)
    last_dislike = _last_by_user(user, movie_ids, ~liked & ~is_test)
    first_end = np.minimum(last_like, last_dislike)[user]
    second_end = np.maximum(last_like, last_dislike)[user]
    forced: NDArray[np.bool_] = is_test & (first_end < movie_ids) & (movie_ids < second_end)
    return forced


def _last_by_user(
    user: NDArray[np.intp], movie_ids: NDArray[np.int64], members: NDArray[np.bool_]
) -> NDArray[Any]:
    """Largest movie id of each user among `members`; -1 where there is none."""
    last = np.full(int(user.max(initial=-1)) + 1, -1, np.int64)
    np.maximum.at(last, user[members], movie_ids[members])
    return last
