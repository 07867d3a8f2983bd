"""Vectors of movies against a dense decomposition. Small worlds have fewer factors than FACTORS:
all of them are kept, so that dot products are those of the full matrix less its last direction."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.small_ratings import random_ratings, ratings_of
from trainer_module.data.ratings import Ratings
from trainer_module.gp_dnn.collaborative_factors import FACTORS, residual_factors, seen_factors
from trainer_module.gp_dnn.movie_statistics import MovieStatistics, fit_statistics

MOVIES = 12
RATINGS = random_ratings(30, MOVIES - 2, share=0.4)
STATISTICS = fit_statistics(RATINGS, np.ones((MOVIES, 1)))


def dense(
    values: NDArray[np.float64] | float, user_damping: float, movie_damping: float
) -> NDArray[np.float64]:
    """Users x movies, each entry over the roots of the damped counts."""
    matrix = np.zeros((30, MOVIES))
    matrix[RATINGS.user_ids - 1, RATINGS.rows] = values
    users = np.bincount(RATINGS.user_ids - 1) + user_damping
    movies = np.bincount(RATINGS.rows, minlength=MOVIES) + movie_damping
    return matrix / np.sqrt(np.outer(users, movies))


def gram_of_leading(matrix: NDArray[np.float64], rank: int) -> NDArray[np.float64]:
    _, values, right = np.linalg.svd(matrix)
    scaled = right[:rank].T * values[:rank]
    return scaled @ scaled.T


def test_residual_factors_are_those_of_the_scaled_residuals() -> None:
    vectors = residual_factors(RATINGS, STATISTICS)
    assert vectors.shape == (MOVIES, FACTORS)
    expected = gram_of_leading(dense(3.0 * STATISTICS.residuals, 10.0, 8.0), MOVIES - 1)
    np.testing.assert_allclose(vectors @ vectors.T, expected, atol=1e-5)


def test_seen_factors_have_the_direction_of_who_watched_and_the_length_of_how_many() -> None:
    vectors = seen_factors(RATINGS, STATISTICS)
    counts = np.bincount(RATINGS.rows, minlength=MOVIES)
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(lengths, np.sqrt(counts / (counts + 5.0)), atol=1e-5)
    gram = gram_of_leading(dense(1.0, 1.0, 5.0), MOVIES - 1)
    rated = counts > 0
    scale = np.sqrt(np.diag(gram))[rated]
    cosines = (vectors @ vectors.T)[np.ix_(rated, rated)] / np.outer(lengths, lengths)[
        np.ix_(rated, rated)
    ]
    expected = gram[np.ix_(rated, rated)] / np.outer(scale, scale)
    np.testing.assert_allclose(cosines, expected, atol=1e-4)


@pytest.mark.parametrize("factors", [residual_factors, seen_factors])
def test_a_movie_without_ratings_has_no_vector(
    factors: Callable[[Ratings, MovieStatistics], NDArray[np.float32]],
) -> None:
    vectors = factors(RATINGS, STATISTICS)
    np.testing.assert_allclose(vectors[[0, MOVIES - 1]], 0.0, atol=1e-6)


def test_who_watched_says_nothing_of_the_stars() -> None:
    other = np.random.default_rng(9).permutation(RATINGS.stars)
    changed = ratings_of(
        zip(RATINGS.user_ids.tolist(), RATINGS.rows.tolist(), other.tolist(), strict=True)
    )
    before = seen_factors(RATINGS, STATISTICS)
    after = seen_factors(changed, fit_statistics(changed, np.ones((MOVIES, 1))))
    np.testing.assert_array_equal(before, after)
