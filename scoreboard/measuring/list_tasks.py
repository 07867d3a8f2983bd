"""The users who get a list over the whole catalogue, and what their lists are judged by."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from movielens.constants import LIKED_THRESHOLD
from movielens.formulas import CUTOFF
from movielens.splits import TEST
from transform_module import features

if TYPE_CHECKING:
    from scoreboard.data.rated_movies import RatedMovies, Rows


@dataclasses.dataclass(frozen=True, kw_only=True)
class ListTask:
    """The users who get a list, and what a list is judged by."""

    user_ids: NDArray[np.int64]  # [U], ascending: the users with a history and a liked test movie
    seen: Mapping[int, NDArray[np.int64]]  # train and eval movies by user; no list may hold them
    relevant: Mapping[int, NDArray[np.int64]]  # the test movies of at least four stars, by user
    movie_ids: NDArray[np.int64]  # [N], ascending: the catalogue
    raters: NDArray[np.int64]  # [N], how many train and eval ratings each movie has
    genres: NDArray[np.float64]  # [N, genres], 1 where the movie has the genre
    users: int  # how many train and eval have


def list_task(rated: "RatedMovies") -> ListTask:
    """Returns the task that a protocol's ratings set."""
    histories = histories_of(rated)
    test = rated.test_rows()
    liked = _by_user(test[test["rating"] >= LIKED_THRESHOLD])
    users = sorted(user for user in liked if user in histories)
    known = rated.rows[rated.codes != TEST]
    catalogue = rated.movies.movie_ids
    return ListTask(
        user_ids=np.array(users, np.int64),
        seen={user: rows["movie_id"] for user, rows in histories.items()},
        relevant={user: liked[user]["movie_id"] for user in users},
        movie_ids=catalogue,
        raters=np.bincount(rated.movies.positions(known["movie_id"]), minlength=len(catalogue)),
        genres=_genre_matrix(rated),
        users=len(histories),
    )


def histories_of(rated: "RatedMovies") -> "dict[int, Rows]":
    """Returns each user's train and eval ratings, the latest first, as `recommend` takes them."""
    known = rated.rows[rated.codes != TEST]
    order = np.lexsort((known["movie_id"], known["timestamp"]))[::-1]
    return _by_user(known[order])


def best_unseen(scores: NDArray[np.floating], task: ListTask) -> NDArray[np.int64]:
    """Returns the ten best movies that each user has not seen, int64 [U, 10], padded by -1.

    `scores` are float [U, N], users and movies as in the task. Ties are broken by movie id.
    """
    lists = np.full((len(scores), CUTOFF), features.PADDING_ID, np.int64)
    for row, user in enumerate(task.user_ids.tolist()):
        of_user = np.array(scores[row], np.float64)
        of_user[np.searchsorted(task.movie_ids, task.seen.get(user, []))] = -np.inf
        best = np.argsort(-of_user, kind="stable")[:CUTOFF]
        best = best[of_user[best] > -np.inf]
        lists[row, : len(best)] = task.movie_ids[best]
    return lists


def _genre_matrix(rated: "RatedMovies") -> NDArray[np.float64]:
    names = {name.encode(): column for column, name in enumerate(features.GENRE_NAMES)}
    matrix = np.zeros((len(rated.movies), len(names)))
    for row, genres in enumerate(rated.movies.genres.to_pylist()):
        matrix[row, [names[genre] for genre in genres if genre in names]] = 1.0
    return matrix


def _by_user(rows: "Rows") -> "dict[int, Rows]":
    order = np.argsort(rows["user_id"], kind="stable")
    users, starts = np.unique(rows["user_id"][order], return_index=True)
    return dict(zip(users.tolist(), np.split(rows[order], starts[1:]), strict=True))
