"""The user's vector against a Gaussian process written out in NumPy."""

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from tests.trainer_module.gp_dnn.fitted_profiles import MOVIES, fitted_profiles, predicted
from trainer_module.gp_dnn.movie_statistics import TARGETS
from trainer_module.gp_dnn.taste_kernel import feature_map
from trainer_module.gp_dnn.user_taste import Habits, UserTaste, taste_of

ROWS = np.array([3, 17, 38, 8, 25, 31, 12, 5])  # the third has never been rated
STARS = np.array([5.0, 3.5, 4.0, 0.5, 2.0, 4.5, 3.0, 4.0])
EVERY_ROW = np.arange(MOVIES + 1)


def taste(rows: ArrayLike = ROWS, stars: ArrayLike = STARS) -> UserTaste:
    rows, stars = np.asarray(rows, np.int64), np.asarray(stars, np.float32)
    return taste_of(tf.constant(rows), tf.constant(stars), fitted_profiles())


def parts(a_taste: UserTaste) -> dict[str, NDArray[np.float32]]:
    return {
        f"{name}.{number}": tensor.numpy()
        for name, part in a_taste._asdict().items()
        for number, tensor in enumerate(tf.nest.flatten(part))
    }


def left_out_errors() -> NDArray[np.float64]:
    """How far off each rating is predicted from all the others."""
    errors = []
    for position, row in enumerate(ROWS):
        others = np.arange(len(ROWS)) != position
        (mean,), _ = predicted(ROWS[others], STARS[others], [row])
        errors.append(STARS[position] - mean)
    return np.array(errors)


def test_the_prediction_is_that_of_the_gaussian_process() -> None:
    fitted = fitted_profiles()
    phi = feature_map(fitted.table, fitted.means[0]).numpy()
    answer = fitted.table.expected.numpy()[:, 0] + phi @ taste().weights.numpy()[:, 0]
    expected, _ = predicted(ROWS, STARS, EVERY_ROW)
    np.testing.assert_allclose(answer, expected, atol=1e-2)
    base = fitted.table.expected.numpy()[:, 0]
    assert np.abs(expected - base).max() > 0.2  # the history does matter


def test_whitened_features_tell_how_much_of_a_movie_is_known() -> None:
    fitted = fitted_profiles()
    phi = feature_map(fitted.table, fitted.means[0]).numpy()
    whitened = taste().inverse.numpy() @ taste().mapped.numpy()
    known = np.square(phi @ whitened.T).sum(axis=1)
    _, variance = predicted(ROWS, STARS, EVERY_ROW)
    np.testing.assert_allclose(np.square(phi).sum(axis=1) - known, variance, atol=1e-2)


def test_surprises_are_the_errors_of_leaving_each_rating_out() -> None:
    """Read off their spread and off the damped means of the most recent 5, 20 and 60."""
    errors = left_out_errors()
    habits = taste().habits
    spread = np.sqrt((np.square(errors).sum() + 3 * 0.75) / (len(errors) + 3))
    assert habits.surprise_spread.numpy() == pytest.approx(spread, abs=2e-3)
    recent = [errors[:5].sum() / (5 + 3), *[errors.sum() / (8 + 3)] * 2]
    np.testing.assert_allclose(habits.recent_surprises, recent, atol=2e-3)


def test_movies_that_are_none_change_nothing_wherever_they_stand() -> None:
    places = [0, 0, 4, 8]
    holed = taste(np.insert(ROWS, places, 0), np.insert(STARS, places, [3.0, 0.0, 5.0, 1.0]))
    for name, part in parts(taste()).items():
        np.testing.assert_array_equal(parts(holed)[name], part, err_msg=name)


@pytest.mark.parametrize("width", [0, 1, 4])
def test_nothing_is_known_of_who_has_rated_nothing(width: int) -> None:
    nobody = taste(np.zeros(width), np.full(width, 4.0))
    assert nobody.weights.shape[1] == TARGETS
    for name in ("weights", "genre_means", "genre_shares", "seen", "residual"):
        assert not getattr(nobody, name).numpy().any(), name
    for name, part in parts(nobody).items():
        assert np.isfinite(part).all(), name


def test_the_order_of_the_history_matters_to_recency_alone() -> None:
    order = np.random.default_rng(1).permutation(len(ROWS))
    plain, mixed = taste(), taste(ROWS[order], STARS[order])
    for name in set(Habits._fields) - {"recent_surprises"}:
        before, after = getattr(plain.habits, name), getattr(mixed.habits, name)
        np.testing.assert_allclose(before, after, rtol=1e-4, err_msg=name)
    recent, mixed_recent = (each.habits.recent_surprises[0] for each in (plain, mixed))
    assert not np.allclose(recent, mixed_recent, atol=1e-3)
    for name in ("weights", "genre_means", "era_residuals", "seen", "residual"):
        before, after = getattr(plain, name).numpy(), getattr(mixed, name).numpy()
        np.testing.assert_allclose(before, after, atol=1e-4, err_msg=name)


def test_habits_of_a_history_worked_by_hand() -> None:
    """Two ratings, five and two and a half stars: shares are damped by five usual ratings."""
    rows, stars = [3, 17], [5.0, 2.5]
    fitted = fitted_profiles()
    habits = taste(rows, stars).habits
    answer = habits.vector().numpy()
    assert answer.shape == (Habits.width(),)
    errors = np.array(stars) - fitted.table.expected.numpy()[rows, 0]
    bias = errors.sum() / (2 + 5)
    residuals = errors - bias
    expected = [
        np.log(3.0),
        bias,
        (7.5 + 3 * fitted.means.numpy()[0]) / (2 + 3),
        np.sqrt((np.square(residuals).sum() + 3 * 0.75) / (2 + 3)),
        (1 + 5 * 0.5) / 7,  # likes
        (1 + 5 * 0.14) / 7,  # of five stars
        (0 + 5 * 0.08) / 7,  # of four and a half
        (0 + 5 * 0.26) / 7,
        (0 + 5 * 0.12) / 7,
        (0 + 5 * 0.2) / 7,  # of three
        (0 + 5 * 0.14) / 7,  # at most two
        (1 + 5 * 0.2) / 7,  # half stars
    ]
    np.testing.assert_allclose(answer[: len(expected)], expected, rtol=1e-5)
    counts, years = fitted.table.log_count.numpy()[rows], fitted.table.release_year.numpy()[rows]
    assert habits.popularity.numpy() == pytest.approx((counts.sum() + 8) / 4)
    assert habits.year.numpy() == pytest.approx((years.sum() + 2 * 1990) / 4)


def test_a_genre_is_known_by_the_residuals_of_its_movies() -> None:
    fitted = fitted_profiles()
    errors = STARS - fitted.table.expected.numpy()[ROWS, 0]
    residuals = errors - errors.sum() / (len(ROWS) + 5)
    has_genre = fitted.table.genres.numpy()[ROWS] > 0
    for genre, mean in enumerate(taste().genre_means.numpy()):
        with_it = has_genre[:, genre]
        expected = residuals[with_it].sum() / (with_it.sum() + 5)
        assert mean == pytest.approx(expected, abs=1e-5), genre
