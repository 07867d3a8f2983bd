"""The lists of a sample of users, and how popular the movies in them are.

Bounded work: at most `_ROWS` test rows are read and `_USERS` users asked, however many there are.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from movielens.formulas import novelty
from serving import contract
from transform_module import features

_ROWS: Final = 200_000  # of test, read in the order of its files
_USERS: Final = 1_000
_SHOWN_USERS: Final = 10
_SHOWN_LIKES: Final = 5  # of a shown user, the latest
_LISTED: Final = 10  # movies in a list
_USERS_A_REQUEST: Final = 64
_HEAD: Final = 0.8  # the share of ratings that the popular movies get; all others are the long tail
_POINTS: Final = 20  # of the Lorenz curve
_SPEC: Final = {
    features.USER_ID: tf.io.FixedLenFeature([], tf.int64),
    features.HISTORY_MOVIE_IDS: tf.io.RaggedFeature(tf.int64),
    features.HISTORY_RATINGS: tf.io.RaggedFeature(tf.float32),
}


class User(NamedTuple):
    """What a user has rated before the test ratings, the most recent first."""

    user_id: int
    movie_ids: NDArray[np.int64]  # [h]
    ratings: NDArray[np.float32]  # [h], stars


def collect(saved_model: str, files: Sequence[str]) -> dict[str, Any]:
    """Asks a SavedModel for lists for users of the test files: see `component`.

    Raises:
        ValueError: The files hold no example.
    """
    users = read_users(files)
    if not users:
        raise ValueError(f"No test example to take users from. Received: {list(files)}")
    titles = _read_titles(saved_model)
    lists = _recommend(saved_model, users)
    return {
        "popularity": popularity(lists, users, catalogue=len(titles)),
        "users": [_shown(users[row], lists[row], titles) for row in _spread(users)],
    }


def read_users(files: Sequence[str]) -> list[User]:
    """Reads the first users of the files."""
    users: dict[int, User] = {}
    rows = tf.data.TFRecordDataset(files, "GZIP").take(_ROWS).batch(1_000)
    for batch in rows:
        parsed = tf.io.parse_example(batch, _SPEC)
        ids, first = np.unique(parsed[features.USER_ID].numpy(), return_index=True)
        movies, ratings = parsed[features.HISTORY_MOVIE_IDS], parsed[features.HISTORY_RATINGS]
        for user_id, row in zip(ids.tolist(), first.tolist(), strict=True):
            if user_id not in users:
                users[user_id] = User(user_id, movies[row].numpy(), ratings[row].numpy())
        if len(users) >= _USERS:
            break
    return [users[user_id] for user_id in sorted(users)][:_USERS]


def popularity(
    lists: Sequence[NDArray[np.int64]], users: Sequence[User], *, catalogue: int
) -> dict[str, Any]:
    """Describes how popular the movies of lists are, by the ratings of the users who get them."""
    shown = np.concatenate(lists)
    rated, raters = np.unique(
        np.concatenate([user.movie_ids for user in users]), return_counts=True
    )
    movies, times = np.unique(shown, return_counts=True)
    raters_of = dict(zip(rated.tolist(), raters.tolist(), strict=True))
    raters_of_shown = [raters_of.get(each, 0) for each in shown.tolist()]
    order = np.argsort(-raters, kind="stable")
    before = np.cumsum(raters[order]) - raters[order]
    head = rated[order[before < _HEAD * raters.sum()]]
    return {
        "users": len(users),
        "coverage": len(movies) / catalogue,
        "long_tail_share": float(1.0 - np.isin(shown, head).mean()) if len(shown) else 0.0,
        "novelty": novelty(raters_of_shown, len(users)) if len(shown) else 0.0,
        "lorenz": list(_lorenz(times, catalogue)),
    }


def _lorenz(times: NDArray[np.int64], catalogue: int) -> Iterator[tuple[float, float]]:
    """Points of the curve: the share of movies, the least shown first, and of what is shown."""
    counts = np.sort(np.r_[np.zeros(catalogue - len(times), np.int64), times])
    shown = np.r_[0, np.cumsum(counts)] / max(int(counts.sum()), 1)
    # Most of the catalogue is never shown: the points lie closer together at the end.
    for place in 1.0 - np.linspace(1.0, 0.0, _POINTS + 1) ** 3:
        row = round(place * catalogue)
        yield round(row / catalogue, 4), round(float(shown[row]), 4)


def _recommend(saved_model: str, users: Sequence[User]) -> list[NDArray[np.int64]]:
    """The movie ids of each user's list, best first."""
    ask = tf.saved_model.load(saved_model).signatures[contract.RECOMMEND]
    lists: list[NDArray[np.int64]] = []
    for start in range(0, len(users), _USERS_A_REQUEST):
        some = users[start : start + _USERS_A_REQUEST]
        answer = ask(
            **{
                contract.HISTORY_MOVIE_IDS: _padded([each.movie_ids for each in some], tf.int64),
                contract.HISTORY_RATINGS: _padded([each.ratings for each in some], tf.float32),
                contract.EXCLUDE_MOVIE_IDS: tf.zeros([len(some), 0], tf.int64),
                contract.K: tf.fill([len(some)], _LISTED),
            }
        )
        listed = answer[contract.MOVIE_IDS].numpy()
        lists += [row[row != contract.PADDING_ID] for row in listed]
    return lists


def _padded(rows: Sequence[NDArray[Any]], dtype: tf.DType) -> tf.Tensor:
    return tf.ragged.constant(rows, dtype).to_tensor(contract.PADDING_ID)


def _spread(users: Sequence[User]) -> list[int]:
    """A few users, from the one with the fewest ratings to the one with the most."""
    by_ratings = sorted(range(len(users)), key=lambda row: (len(users[row].movie_ids), row))
    places = np.linspace(0, len(users) - 1, min(_SHOWN_USERS, len(users)))
    return [by_ratings[round(place)] for place in places]


def _shown(user: User, listed: NDArray[np.int64], titles: Mapping[int, str]) -> dict[str, Any]:
    liked = np.flatnonzero(user.ratings >= features.LIKED_THRESHOLD)[:_SHOWN_LIKES]
    return {
        "user_id": user.user_id,
        "ratings": len(user.movie_ids),
        "liked": [
            _movie(user.movie_ids[row], titles) | {"rating": float(user.ratings[row])}
            for row in liked
        ],
        "recommended": [_movie(each, titles) for each in listed],
    }


def _movie(movie_id: np.int64, titles: Mapping[int, str]) -> dict[str, Any]:
    return {"movie_id": int(movie_id), "title": titles.get(int(movie_id), "")}


def _read_titles(saved_model: str) -> dict[int, str]:
    path = PurePosixPath(saved_model) / contract.MOVIES_FILE
    with tf.io.gfile.GFile(str(path), "r") as file:
        return {int(row["movieId"]): row["title"] for row in csv.DictReader(file)}
