import numpy as np
import pytest
import tensorflow as tf

from tests.support.small_ratings import ratings_of
from trainer_module.config import TrainerConfig
from trainer_module.export import ranking
from trainer_module.export.ease import (
    Affinity,
    ItemWeights,
    covered_movies,
    ease_weights,
    fit_ease,
    low_rank,
)

CONFIG = TrainerConfig(affinity_min_ratings=2, affinity_damping=1.0, affinity_rank=2)


def test_weights_are_those_of_the_closed_form() -> None:
    # User 1 rated movies 1 and 2, user 2 movie 1. X'X + I = [[3, 1], [1, 2]], its inverse
    # [[2, -1], [-1, 3]] / 5: B_12 = (1/5) / (3/5), B_21 = (1/5) / (2/5).
    weights = ease_weights(np.array([1, 1, 2]), np.array([1, 2, 1]), np.array([1, 2]), damping=1.0)
    np.testing.assert_allclose(weights, [[0, 1 / 3], [1 / 2, 0]], rtol=1e-6)


def test_weights_solve_the_constrained_ridge_regression() -> None:
    """Steck's problem column by column: regress a movie on the others, no help from itself."""
    random = np.random.default_rng(0)
    seen = random.random((30, 6)) < 0.4
    users, movies = np.nonzero(seen)
    weights = ease_weights(users, movies, np.arange(6), damping=2.0)
    for movie in range(6):
        others = np.delete(np.arange(6), movie)
        features = seen[:, others].astype(float)
        normal = features.T @ features + 2.0 * np.eye(5)
        expected = np.linalg.solve(normal, features.T @ seen[:, movie])
        np.testing.assert_allclose(weights[others, movie], expected, atol=1e-6)


def test_movies_of_few_ratings_are_not_covered() -> None:
    movies = np.array([1, 1, 2, 3, 3, 3])
    assert covered_movies(movies, CONFIG).tolist() == [1, 3]


def test_the_most_rated_movies_are_kept_where_there_are_too_many() -> None:
    config = TrainerConfig(affinity_min_ratings=1, affinity_movies=2)
    assert covered_movies(np.array([1, 2, 2, 3, 3, 3]), config).tolist() == [2, 3]


def test_low_rank_factors_are_the_best_of_their_rank() -> None:
    weights = np.random.default_rng(0).normal(size=(6, 6)).astype(np.float32)
    outgoing, incoming = low_rank(weights, 3)
    left, values, right = np.linalg.svd(weights)
    np.testing.assert_allclose(
        outgoing @ incoming.T, (left[:, :3] * values[:3]) @ right[:3], atol=1e-5
    )


@pytest.mark.parametrize("movies", [[], [1], [1, 1]])
def test_too_few_movies_give_no_weights(movies: list[int]) -> None:
    fitted = fit_ease(ratings_of((user, row, 4.0) for user, row in enumerate(movies)), CONFIG)
    assert fitted.outgoing.shape == fitted.incoming.shape == (len(fitted.rows), 0)


def test_who_rated_speaks_whatever_the_stars() -> None:
    pairs = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 3), (4, 3), (4, 2)]
    low, high = (fit_ease(ratings_of((*pair, star) for pair in pairs), CONFIG) for star in (1, 5))
    assert low.rows.tolist() == [1, 2, 3]
    np.testing.assert_allclose(low.outgoing, high.outgoing, atol=1e-12)
    # The product is the best of rank 2 to the 3 x 3 weights of the closed form.
    users, rows = np.array(pairs).T
    left, values, right = np.linalg.svd(ease_weights(users, rows, low.rows, damping=1.0))
    best = (left[:, :2] * values[:2]) @ right[:2]
    np.testing.assert_allclose(low.outgoing @ low.incoming.T, best, atol=1e-6)


# Of the catalogue's rows 1 to 4 the weights cover 1 and 3, by B = [[0, 0.25], [0.5, 0]].
MOVIES = 4
WEIGHTS = ItemWeights(
    np.array([1, 3]),
    np.array([[0.25, 0.0], [0.0, 0.5]], np.float32),
    np.array([[0.0, 1.0], [1.0, 0.0]], np.float32),
)


@pytest.fixture(scope="module")
def affinity() -> Affinity:
    return Affinity(WEIGHTS, MOVIES, decay=2.0)


def scores(affinity: Affinity, rows: list[int], ratings: list[float]) -> tuple[list[float], bool]:
    values, has_like = affinity.scores(
        tf.constant([rows], tf.int64), tf.constant([ratings], tf.float32)
    )
    return values.numpy()[0].tolist(), bool(has_like.numpy()[0])


def test_a_liked_movie_speaks_for_those_watched_with_it(affinity: Affinity) -> None:
    assert scores(affinity, [3], [5.0]) == ([0.5, 0.0, 0.0, 0.0], True)


def test_a_movie_that_was_not_liked_does_not_speak(affinity: Affinity) -> None:
    assert scores(affinity, [3, 1], [3.5, 4.0]) == (
        [0.0, 0.0, pytest.approx(0.25 / 1.5), 0.0],
        True,
    )


def test_an_older_like_speaks_more_softly(affinity: Affinity) -> None:
    values, _ = scores(affinity, [0, 0, 3], [0.0, 0.0, 5.0])
    assert values[0] == pytest.approx(0.5 / 2)


@pytest.mark.parametrize(("rows", "ratings"), [([], []), ([0], [5.0]), ([2, 4], [5.0, 5.0])])
def test_a_history_without_a_covered_like_says_so(
    affinity: Affinity, rows: list[int], ratings: list[float]
) -> None:
    assert scores(affinity, rows, ratings) == ([0.0] * 4, False)


def test_no_score_falls_below_the_padding(affinity: Affinity) -> None:
    down = ItemWeights(WEIGHTS.rows, -9 * WEIGHTS.outgoing, WEIGHTS.incoming)
    values, _ = scores(Affinity(down, MOVIES, decay=2.0), [3], [5.0])
    assert min(values) == ranking.PADDING_SCORE
