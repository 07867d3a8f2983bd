"""The histories of train rows, by hand and against the rule written row by row."""

from typing import Any

import numpy as np
import pytest

from trainer_module.data.histories import TrainHistories
from trainer_module.data.ratings import Ratings
from transform_module import features

USERS, MOVIES = np.array([7, 7, 7, 9, 9]), np.array([30, 10, 20, 10, 40])
RATINGS = Ratings.from_columns(
    {
        features.USER_ID: USERS,
        features.MOVIE_ID: MOVIES,
        features.RATING: np.array([3.0, 1.0, 2.0, 5.0, 4.0]),
        features.TIMESTAMP: np.array([300, 100, 200, 10, 20]),
    },
    np.array([10, 20, 30, 40]),
)


@pytest.mark.parametrize(
    ("mode", "movies", "stars"),
    [
        (
            "leave_one_out",
            [[20, 10], [30, 20], [30, 10], [40, -1], [10, -1]],
            [[2, 1], [3, 2], [3, 1], [4, 0], [5, 0]],
        ),
        (
            "past",
            [[20, 10], [-1, -1], [10, -1], [-1, -1], [10, -1]],
            [[2, 1], [0, 0], [1, 0], [0, 0], [5, 0]],
        ),
    ],
)
def test_recent_movies_come_first_and_the_rows_own_never(
    mode: Any, movies: list[list[int]], stars: list[list[float]]
) -> None:
    found = TrainHistories(RATINGS, mode, max_history=2).of(USERS, MOVIES)
    assert found[0].tolist() == movies
    assert found[1].tolist() == stars


def test_rows_may_be_asked_for_in_any_order_and_as_tensors() -> None:
    shuffled = np.array([4, 0, 2])
    found = TrainHistories(RATINGS, "leave_one_out", max_history=3).tensors_of(
        USERS[shuffled], MOVIES[shuffled]
    )
    movies = found[features.HISTORY_MOVIE_IDS]
    assert movies.numpy().tolist() == [[10, -1, -1], [20, 10, -1], [30, 10, -1]]
    assert found[features.HISTORY_RATINGS].shape == (3, 3)
