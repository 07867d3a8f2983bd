import numpy as np
import pytest

from components.evaluator.rated_rows import RatedRows


@pytest.fixture
def rows() -> RatedRows:
    return RatedRows(
        user_ids=np.array([1, 1, 2]),
        movie_ids=np.array([10, 11, 10]),
        ratings=np.array([4.0, 2.0, 5.0], dtype=np.float32),
        liked=np.array([True, False, True]),
        predicted_ratings=np.array([3.5, 2.5, 4.5], dtype=np.float32),
        liked_scores=np.array([0.6, 0.2, 0.9], dtype=np.float32),
        bias_ratings=np.array([3.0, 3.0, 4.0], dtype=np.float32),
    )


def test_take_keeps_the_columns_parallel(rows: RatedRows) -> None:
    taken = rows.take(np.array([2, 0]), whole_users=True)
    assert len(taken) == 2
    assert taken.user_ids.tolist() == [2, 1]
    assert taken.movie_ids.tolist() == [10, 10]
    assert taken.ratings.tolist() == [5.0, 4.0]
    assert taken.liked.tolist() == [True, True]
    assert taken.predicted_ratings.tolist() == [4.5, 3.5]
    assert taken.has_whole_users


def test_rows_of_part_of_a_user_lose_their_movies(rows: RatedRows) -> None:
    taken = rows.take(np.array([0, 2]), whole_users=False)
    assert not taken.has_whole_users
    assert len(taken) == 2
    assert taken.user_ids.tolist() == [1, 2]
    assert taken.ratings.tolist() == [4.0, 5.0]


def test_concatenate_undoes_a_split(rows: RatedRows) -> None:
    parts = [rows.take(np.array(place), whole_users=True) for place in ([0], [1, 2])]
    whole = RatedRows.concatenate(parts)
    assert whole.user_ids.tolist() == rows.user_ids.tolist()
    assert whole.bias_ratings.tolist() == rows.bias_ratings.tolist()
    assert whole.liked_scores.dtype == np.float32


def test_parts_of_users_concatenate(rows: RatedRows) -> None:
    part = rows.take(np.array([0, 1]), whole_users=False)
    whole = RatedRows.concatenate([part, part])
    assert len(whole) == 4
    assert not whole.has_whole_users
