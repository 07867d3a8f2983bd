import numpy as np
import pytest

from components.run_report.lists import User, popularity


def user(user_id: int, *movie_ids: int) -> User:
    return User(user_id, np.array(movie_ids), np.full(len(movie_ids), 4.0, np.float32))


def test_popularity_is_by_the_ratings_of_those_who_get_the_lists() -> None:
    """Movies 1 and 2 get 80 % of the three ratings; movie 3 is the long tail, and 4 not shown."""
    lists = [np.array([1, 3]), np.array([1, 2])]
    found = popularity(lists, [user(1, 1, 2), user(2, 1)], catalogue=4)
    assert found["users"] == 2
    assert found["coverage"] == 0.75
    assert found["long_tail_share"] == 0.25
    assert found["novelty"] == pytest.approx((0 + 1 + 0 + 1) / 4)  # bits
    assert found["lorenz"][0] == (0.0, 0.0)
    assert found["lorenz"][-1] == (1.0, 1.0)
    assert (0.75, 0.5) in found["lorenz"]  # three movies get half of the four places


def test_empty_lists_show_nothing() -> None:
    found = popularity([np.array([], np.int64)], [user(1, 1)], catalogue=2)
    assert (found["coverage"], found["long_tail_share"], found["novelty"]) == (0.0, 0.0, 0.0)
