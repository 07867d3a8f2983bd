import numpy as np
import tensorflow as tf

from tests.trainer_module.gp_dnn.fitted_profiles import (
    MOVIES,
    RATED_MOVIES,
    fitted_profiles,
    kernel,
)
from trainer_module.gp_dnn.taste_kernel import PART_WIDTHS, feature_map, rating_noise

EVERY_ROW = np.arange(MOVIES + 1)


def test_dot_products_of_the_map_are_the_sum_of_the_kernels() -> None:
    fitted = fitted_profiles()
    phi = feature_map(fitted.table, fitted.means[0]).numpy()
    np.testing.assert_allclose(phi @ phi.T, kernel(EVERY_ROW, EVERY_ROW), atol=6e-3)


def test_the_parts_make_up_the_map() -> None:
    fitted = fitted_profiles()
    assert feature_map(fitted.table, fitted.means[0]).shape == (MOVIES + 1, sum(PART_WIDTHS))


def test_profiles_of_any_shape_have_a_map() -> None:
    fitted = fitted_profiles()
    rows = tf.constant([[1, 2], [3, 4]])
    square = feature_map(fitted.table.at(rows), fitted.means[0])
    flat = feature_map(fitted.table.at(tf.reshape(rows, [-1])), fitted.means[0])
    np.testing.assert_array_equal(tf.reshape(square, flat.shape), flat)


def test_movies_that_nobody_rated_are_alike_by_content_alone() -> None:
    """Two unrated movies, made to share no genre, era or title, share generosity and obscurity."""
    fitted = fitted_profiles()
    table = fitted.table.at(tf.constant([RATED_MOVIES + 1, RATED_MOVIES + 2]))
    table = table._replace(
        genres=tf.zeros_like(table.genres),
        era=tf.zeros_like(table.era),
        title=tf.zeros_like(table.title),
        expected=tf.zeros_like(table.expected) + fitted.means,
    )
    first, second = feature_map(table, fitted.means[0]).numpy()
    np.testing.assert_allclose(first @ second, 0.3 + 0.0089 * 2.5**2, rtol=1e-5)


def test_a_rating_of_an_unknown_movie_is_noisier() -> None:
    # 0.7 + 0.18 / (1 + ratings)
    noise = rating_noise(tf.math.log1p([0.0, 1.0, 8.0]))
    np.testing.assert_allclose(noise, [0.88, 0.79, 0.72], rtol=1e-6)
