import numpy as np
import pytest
import tensorflow as tf

from trainer_module.gp_dnn.era import ERA_WIDTH, era_vector


def vectors(*years):
    return era_vector(tf.constant(years, tf.float32)).numpy()


def test_dot_products_are_a_gaussian_of_the_years_between():
    years = np.arange(1900, 2030)
    found = vectors(*years)
    expected = np.exp(-0.5 * ((years[:, np.newaxis] - years) / 10.0) ** 2)
    assert found.shape == (len(years), ERA_WIDTH)
    # Twelve of 161 directions keep all but this much of it.
    np.testing.assert_allclose(found @ found.T, expected, atol=0.06)


def test_every_year_has_length_one():
    lengths = np.linalg.norm(vectors(*range(1880, 2060)), axis=1)
    np.testing.assert_allclose(lengths, 1.0, atol=1e-5)


@pytest.mark.parametrize(("year", "end"), [(1889, 1890), (0, 1890), (2051, 2050), (9999, 2050)])
def test_years_off_the_table_take_its_end(year, end):
    np.testing.assert_array_equal(vectors(year), vectors(end))


def test_the_years_at_the_ends_are_their_own():
    assert not np.allclose(vectors(1890), vectors(1891), atol=1e-3)
    assert not np.allclose(vectors(2050), vectors(2049), atol=1e-3)


def test_a_median_between_two_years_takes_one_of_them():
    np.testing.assert_array_equal(vectors(1994.6), vectors(1995))


def test_years_of_any_shape():
    assert era_vector(tf.fill([2, 3], 1995.0)).shape == (2, 3, ERA_WIDTH)
