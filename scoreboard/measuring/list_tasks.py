"""Who is to be given a list over the whole catalogue, and by what it is judged."""

import numpy as np
from numpy.typing import NDArray

from movielens.constants import LIKED_THRESHOLD
from movielens.splits import TEST
from scoreboard.data.rated_movies import RatedMovies, Rows
from scoreboard.measuring.catalogue_metrics import ListTask
from transform_module import features


def list_task(rated: RatedMovies) -> ListTask:
    """The task of the ratings: every user with a liked test movie, and with a history."""
    histories = histories_of(rated)
    test = rated.test_rows()
    liked = _by_user(test[test["rating"] >= LIKED_THRESHOLD])
    users = sorted(user for user in liked if user in histories)
    known = rated.rows[rated.codes != TEST]
    catalogue = rated.movies.movie_ids
    raters = np.bincount(rated.movies.positions(known["movie_id"]), minlength=len(catalogue))
    return ListTask(
        user_ids=np.array(users, np.int64),
        seen={user: rows["movie_id"] for user, rows in histories.items()},
        relevant={user: liked[user]["movie_id"] for user in users},
        movie_ids=catalogue,
        raters=raters,
        genres=genre_matrix(rated),
        users=len(histories),
    )


def histories_of(rated: RatedMovies) -> dict[int, Rows]:
    """The train and eval ratings of each user, most recent first, as `recommend` wants them."""
    known = rated.rows[rated.codes != TEST]
    order = np.lexsort((known["movie_id"], known["timestamp"]))[::-1]
    return _by_user(known[order])


def genre_matrix(rated: RatedMovies) -> NDArray[np.float64]:
    """float64 [movies, genres], 1 where the movie of the catalogue has the genre."""
    names = {name.encode(): column for column, name in enumerate(features.GENRE_NAMES)}
    matrix = np.zeros((len(rated.movies), len(names)))
    for row, genres in enumerate(rated.movies.genres.to_pylist()):
        matrix[row, [names[genre] for genre in genres if genre in names]] = 1.0
    return matrix


def _by_user(rows: Rows) -> dict[int, Rows]:
    order = np.argsort(rows["user_id"], kind="stable")
    users, starts = np.unique(rows["user_id"][order], return_index=True)
    return dict(zip(users.tolist(), np.split(rows[order], starts[1:]), strict=True))
