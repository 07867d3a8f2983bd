from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from tests.trainer_module.gp_dnn.fitted_profiles import (
    MOVIES,
    RATED_MOVIES,
    fitted_profiles,
    predicted,
)
from trainer_module.gp_dnn.pair_features import (
    GROUP_WIDTHS,
    describe,
    pair_features,
    pair_features_of_user,
)
from trainer_module.gp_dnn.taste_kernel import PART_WIDTHS

EVERY_ROW = np.arange(MOVIES + 1)
HISTORIES = np.array([[3, 17, 8, 25, 31], [4, 0, 0, 0, 0], [0, 0, 0, 0, 0], [12, 5, 38, 0, 0]])
STARS = np.array(
    [[5.0, 3.5, 0.5, 2.0, 4.5], [1.0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [3.0, 4.0, 4.0, 0, 0]]
)
CHOSEN = [[1, 2, 39], [], [0, 40], [7]]


def of_user(rows: ArrayLike, stars: ArrayLike, candidates: ArrayLike) -> NDArray[np.float32]:
    fitted = fitted_profiles()
    movies = fitted.table.at(tf.constant(candidates, tf.int64))
    rows, stars = tf.constant(rows, tf.int64), tf.constant(stars, tf.float32)
    return pair_features_of_user(rows, stars, movies, fitted).numpy()


def of_users(function: Callable[..., tf.RaggedTensor]) -> tf.RaggedTensor:
    fitted = fitted_profiles()
    rows, stars = tf.constant(HISTORIES, tf.int64), tf.constant(STARS, tf.float32)
    chosen = tf.ragged.constant(CHOSEN, tf.int64)
    return function(rows, stars, fitted.table, chosen, fitted)


def group(figures: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    """The columns [C, width] of one group."""
    names = list(GROUP_WIDTHS)
    ends = np.cumsum(list(GROUP_WIDTHS.values()))
    assert figures.shape[1] == ends[-1]
    return np.split(figures, ends[:-1], axis=1)[names.index(name)]


# The stars by each part of the kernel come first, and what is predicted of them as a whole next.
PREDICTED_STARS, UNKNOWN_VARIANCE = len(PART_WIDTHS), -1


def test_users_together_are_described_as_each_alone() -> None:
    together = of_users(pair_features)
    assert together.row_lengths().numpy().tolist() == [3, 0, 2, 1]
    for user, candidates in enumerate(CHOSEN):
        alone = of_user(HISTORIES[user], STARS[user], candidates)
        np.testing.assert_allclose(together[user], alone, atol=1e-5)


def test_the_graph_says_what_eager_execution_says() -> None:
    eager, graph = of_users(pair_features), of_users(describe)
    np.testing.assert_allclose(graph.values, eager.values, atol=1e-4)


@pytest.mark.parametrize(
    ("rows", "stars"),
    [([0], [0.0]), ([1], [5.0]), ([40], [0.5]), ([*range(1, 41)], [3.0] * 40), ([3, 3], [1.0, 5])],
    ids=["nothing", "one", "an unrated one", "all", "the same twice"],
)
def test_whatever_the_history_the_figures_are_as_many_and_finite(
    rows: list[int], stars: list[float]
) -> None:
    answer = of_user(rows, stars, EVERY_ROW)
    assert answer.shape == (MOVIES + 1, of_user([1], [3.0], [1]).shape[1])
    assert np.isfinite(answer).all()


def test_no_candidate_is_described_by_no_row() -> None:
    width = of_user([1], [3.0], [1]).shape[1]
    assert of_user([1], [3.0], []).shape == (0, width)


def test_the_candidates_hold_all_that_is_hard_to_describe() -> None:
    """Movies without genres, title or ratings are among the rows of the tests above."""
    table = fitted_profiles().table
    assert not table.genres.numpy()[1:].any(axis=1).all()
    assert not table.title.numpy()[1:].any(axis=1).all()
    assert not table.log_count.numpy()[RATED_MOVIES + 1 :].any()


def test_the_gaussian_process_predicts_the_stars_and_says_how_surely() -> None:
    answer = of_user(HISTORIES[0], STARS[0], EVERY_ROW)
    mean, variance = predicted(HISTORIES[0], STARS[0], EVERY_ROW)
    taste = group(answer, "taste")
    np.testing.assert_allclose(taste[:, PREDICTED_STARS], mean, atol=1e-2)
    np.testing.assert_allclose(taste[:, UNKNOWN_VARIANCE], variance, atol=1e-2)


def test_without_a_history_the_prediction_is_what_is_expected_of_the_movie() -> None:
    answer = of_user([0], [0.0], EVERY_ROW)
    expected = fitted_profiles().table.expected.numpy()[:, 0]
    np.testing.assert_allclose(group(answer, "taste")[:, PREDICTED_STARS], expected, atol=1e-5)


def test_the_history_changes_a_description_and_the_other_candidates_do_not() -> None:
    alone = of_user([3, 17], [5.0, 1.0], [7])
    among = of_user([3, 17], [5.0, 1.0], [1, 7, 9])
    np.testing.assert_allclose(alone[0], among[1], atol=1e-5)
    assert not np.allclose(alone, of_user([3, 17], [1.0, 5.0], [7]), atol=1e-2)


def test_the_genres_of_a_movie_are_judged_as_the_user_judged_them() -> None:
    """The mean of the user's means over the movie's genres, the best and the worst of them."""
    fitted = fitted_profiles()
    rows, stars = HISTORIES[0], STARS[0]
    errors = stars - fitted.table.expected.numpy()[rows, 0]
    residuals = errors - errors.sum() / (len(rows) + 5)
    marks = fitted.table.genres.numpy() > 0
    means = residuals @ marks[rows] / (marks[rows].sum(axis=0) + 5)
    with_genre = np.flatnonzero(marks.any(axis=1))
    expected = [
        [summary(means[marks[row]]) for summary in (np.mean, np.max, np.min)] for row in with_genre
    ]
    judged = group(of_user(rows, stars, with_genre), "genres")[:, 1:4]
    np.testing.assert_allclose(judged, expected, atol=1e-4)
