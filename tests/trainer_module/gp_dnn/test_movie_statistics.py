"""Statistics of movies against a loop over the ratings."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.small_ratings import random_ratings, ratings_of
from trainer_module.data.ratings import Ratings
from trainer_module.gp_dnn import movie_statistics
from trainer_module.gp_dnn.movie_statistics import fit_statistics, targets_of, with_popularity

MOVIES = 9
CONTENT = np.random.default_rng(0).normal(size=(MOVIES, 3))
RATINGS = random_ratings(15, MOVIES - 2, share=0.6)  # the last movie and row 0 have none
# Three users and three movies: row 1 is loved, row 2 divides, row 3 is seen by one.
FEW = ratings_of(
    [(1, 1, 5.0), (1, 2, 2.0), (2, 1, 4.0), (2, 2, 4.0), (3, 1, 4.5), (3, 2, 1.5), (3, 3, 3.0)]
)


def pairs(ratings: Ratings) -> list[tuple[int, int]]:
    return list(zip(ratings.user_ids.tolist(), ratings.rows.tolist(), strict=True))


def by_hand(
    ratings: Ratings, content: NDArray[np.float64], target: NDArray[np.float64], rounds: int = 6
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The biases of one target and the prior's weights, as the module's docstring has them."""
    rated = pairs(ratings)
    counts = np.array([sum(row == movie for _, row in rated) for movie in range(len(content))])
    logs = np.log1p(counts)
    design = np.column_stack([content, logs, logs**2 / 5])
    belief = np.diag(counts / (counts + 10.24))
    normal = design.T @ belief @ design + 80.0 * np.eye(design.shape[1])
    mean = target.mean()
    movie_bias = np.zeros(len(content))
    for _ in range(rounds):
        user_bias = {}
        for user in {user for user, _ in rated}:
            mine = [
                t - mean - movie_bias[row]
                for (who, row), t in zip(rated, target, strict=True)
                if who == user
            ]
            user_bias[user] = sum(mine) / (len(mine) + 5.0)
        sums = np.zeros(len(content))
        for (user, row), t in zip(rated, target, strict=True):
            sums[row] += t - mean - user_bias[user]
        weights = np.linalg.solve(normal, design.T @ belief @ (sums / np.maximum(counts, 1)))
        movie_bias = (sums + 10.24 * (design @ weights)) / (counts + 10.24)
    residuals = [
        t - mean - movie_bias[row] - user_bias[u] for (u, row), t in zip(rated, target, strict=True)
    ]
    return movie_bias, weights, np.array(residuals)


def test_targets_are_the_stars_and_three_events() -> None:
    assert targets_of(np.array([2.5, 3.0, 4.0, 5.0])).tolist() == [
        [2.5, 0, 0, 0],
        [3.0, 0, 0, 1],
        [4.0, 1, 0, 1],
        [5.0, 1, 1, 1],
    ]


@pytest.mark.parametrize("ratings", [RATINGS, FEW], ids=["many", "three users, three movies"])
def test_biases_are_those_of_a_loop_over_the_ratings(ratings: Ratings) -> None:
    fitted = fit_statistics(ratings, CONTENT)
    for place, target in enumerate(targets_of(ratings.stars).T):
        biases, weights, residuals = by_hand(ratings, CONTENT, target)
        np.testing.assert_allclose(fitted.biases[:, place], biases, atol=1e-10)
        np.testing.assert_allclose(fitted.prior_weights[:, place], weights, atol=1e-10)
        assert fitted.means[place] == pytest.approx(target.mean())
        if not place:
            np.testing.assert_allclose(fitted.residuals, residuals, atol=1e-10)


def test_the_first_round_worked_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without content: users' biases by their residuals, and movies' by what is then left."""
    monkeypatch.setattr(movie_statistics, "_ROUNDS", 1)
    monkeypatch.setattr(movie_statistics, "_RIDGE", 1e12)  # the prior is nothing
    mean = 24.0 / 7
    users = {1: (7 - 2 * mean) / 7, 2: (8 - 2 * mean) / 7, 3: (9 - 3 * mean) / 8}
    loved = (13.5 - 3 * mean - sum(users.values())) / (3 + 10.24)
    divides = (7.5 - 3 * mean - sum(users.values())) / (3 + 10.24)
    rare = (3 - mean - users[3]) / (1 + 10.24)
    fitted = fit_statistics(FEW, np.zeros((5, 1)))
    expected = [0.0, loved, divides, rare, 0.0]
    np.testing.assert_allclose(fitted.biases[:, 0], expected, atol=1e-9)


def test_shares_means_and_counts_are_damped_by_five_ratings() -> None:
    fitted = fit_statistics(FEW, np.zeros((5, 1)))
    assert fitted.counts.tolist() == [0, 3, 3, 1, 0]
    liked, low, mean = 4 / 7, 2 / 7, 24 / 7
    shares = [liked, (3 + 5 * liked) / 8, (1 + 5 * liked) / 8, 5 * liked / 6, liked]
    np.testing.assert_allclose(fitted.like_shares, shares)
    lows = [low, 5 * low / 8, (2 + 5 * low) / 8, 5 * low / 6, low]
    np.testing.assert_allclose(fitted.low_shares, lows)
    means = [mean, (13.5 + 5 * mean) / 8, (7.5 + 5 * mean) / 8, (3 + 5 * mean) / 6, mean]
    np.testing.assert_allclose(fitted.mean_stars, means)
    squares = np.square(fitted.residuals)
    (of_rare,) = squares[FEW.rows == 3]
    expected = (of_rare + 5 * squares.mean()) / 6
    np.testing.assert_allclose(fitted.variances[[0, 3]], [squares.mean(), expected])


def test_an_unrated_movie_takes_the_bias_of_its_kind() -> None:
    """Movies of one kind are loved, of the other hated: the unrated ones follow."""
    random = np.random.default_rng(0)
    kind = np.arange(41) % 2
    content = np.eye(2)[kind]
    pairs_of_users = [(user, row) for user in range(60) for row in random.permutation(38)[:15] + 1]
    ratings = ratings_of((user, row, 5.0 if kind[row] else 2.0) for user, row in pairs_of_users)
    fitted = fit_statistics(ratings, content)
    assert fitted.counts[[39, 40]].tolist() == [0, 0]
    hated, loved = fitted.biases[[40, 39], 0]
    assert hated < 0 < loved
    np.testing.assert_array_equal(fitted.biases[40], fitted.biases[0])  # alike, and unrated both


def test_popularity_joins_the_content_as_a_parabola_in_its_logarithm() -> None:
    design = with_popularity(np.array([[7.0]]), np.array([np.e - 1]))
    np.testing.assert_allclose(design, [[7.0, 1.0, 0.2]])
