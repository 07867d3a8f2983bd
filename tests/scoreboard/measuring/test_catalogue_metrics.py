"""Expected values are worked out by hand from the definitions."""

import dataclasses
import math

import numpy as np
import pytest

from scoreboard.measuring.catalogue_metrics import measure_lists
from scoreboard.measuring.list_tasks import ListTask, best_unseen

MOVIES = np.arange(1, 21)
# Movies 1 and 2 share their one genre, movie 3 has another, the rest has none.
GENRES = np.zeros((20, 2))
GENRES[[0, 1], 0] = GENRES[2, 1] = 1


@pytest.fixture
def task() -> ListTask:
    return ListTask(
        user_ids=np.array([7, 8]),
        seen={7: np.array([20]), 8: np.array([1])},
        relevant={7: np.array([2, 9]), 8: np.array([3])},
        movie_ids=MOVIES,
        raters=np.array([8, 4, 2, *[0] * 17]),
        genres=GENRES,
        users=8,
    )


def padded(*movies: int) -> list[int]:
    return [*movies, *[-1] * (10 - len(movies))]


def test_lists_are_judged_by_the_likes_they_hold(task: ListTask) -> None:
    values = measure_lists(np.array([padded(1, 2), padded(3)]), task)
    ideal = 1 + 1 / math.log2(3)
    assert values["catalogue_ndcg10"] == pytest.approx(((1 / math.log2(3)) / ideal + 1) / 2)
    assert values["catalogue_recall10"] == pytest.approx((1 / 2 + 1) / 2)


def test_coverage_novelty_and_diversity_are_of_what_is_shown(task: ListTask) -> None:
    values = measure_lists(np.array([padded(1, 2, 3), padded(2, 4)]), task)
    assert values["coverage"] == 4 / 20
    # Raters of 8: 8, 4, 2, 4 and none (as one): 0, 1, 2, 1 and 3 bits.
    assert values["novelty"] == pytest.approx((0 + 1 + 2 + 1 + 3) / 5)
    # Of three pairs one shares its genre; a movie without genres is like no other.
    assert values["diversity"] == pytest.approx((2 / 3 + 1) / 2)


def test_a_seen_movie_in_a_list_is_refused(task: ListTask) -> None:
    with pytest.raises(ValueError, match=r"user 8: \[1, 2\], rated before: \[1\]"):
        measure_lists(np.array([padded(1, 2), padded(1, 2)]), task)


def test_a_repeated_movie_in_a_list_is_refused(task: ListTask) -> None:
    with pytest.raises(ValueError, match=r"user 7: \[2, 2\]"):
        measure_lists(np.array([padded(2, 2), padded(2)]), task)


def test_the_best_unseen_movies_break_ties_by_id(task: ListTask) -> None:
    lists = best_unseen(np.zeros((2, 20)), task)
    assert lists[0].tolist() == list(range(1, 11))
    assert lists[1].tolist() == list(range(2, 12))


def test_an_exhausted_catalogue_is_padded(task: ListTask) -> None:
    all_seen = dataclasses.replace(task, seen={7: MOVIES, 8: MOVIES[:-1]})
    lists = best_unseen(np.zeros((2, 20)), all_seen)
    assert lists.tolist() == [padded(), padded(20)]
