"""The closed forms against computations that leave out one user after the other."""

import doctest
import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from movielens import jackknife
from movielens.formulas import area_under_roc_curve
from movielens.jackknife import (
    Estimate,
    Users,
    auc_without_each,
    mean_of_members,
    mean_without_each,
)

Metric = Callable[[NDArray[np.bool_]], float]  # of the rows that are kept


def by_brute_force(user_ids: NDArray[np.int64], metric: Metric) -> list[float]:
    return [metric(user_ids != user) for user in np.unique(user_ids)]


@pytest.fixture(params=range(5))
def random(request: pytest.FixtureRequest) -> np.random.Generator:
    return np.random.default_rng(request.param)


def test_means_are_those_without_the_user(random: np.random.Generator) -> None:
    user_ids, values = random.integers(-5, 5, 60) * 7, random.normal(size=60)
    expected = by_brute_force(user_ids, lambda kept: float(values[kept].mean()))
    assert mean_without_each(values, Users.of(user_ids)) == pytest.approx(expected)


@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_areas_are_those_without_the_user(random: np.random.Generator, levels: int) -> None:
    user_ids, positive = random.integers(0, 12, 80), random.random(80) < 0.4
    scores = random.integers(0, levels, 80).astype(np.float32)  # with ties, within users as well
    expected = by_brute_force(
        user_ids, lambda kept: area_under_roc_curve(positive[kept], scores[kept])
    )
    without = auc_without_each(positive, scores, Users.of(user_ids))
    assert without == pytest.approx(expected, nan_ok=True)


def test_an_area_that_one_user_alone_defines_has_no_error() -> None:
    user_ids = np.array([1, 1, 2, 3])
    positive, scores = np.array([False, True, True, True]), np.array([0.1, 0.2, 0.3, 0.4])
    without = auc_without_each(positive, scores, Users.of(user_ids))
    assert np.isnan(without).tolist() == [True, False, False]
    assert math.isnan(Estimate(1.0, without).standard_error)


def test_the_error_of_a_mean_over_users_is_the_usual_one(random: np.random.Generator) -> None:
    figures = random.normal(size=40)
    expected = figures.std(ddof=1) / math.sqrt(40)
    mean = mean_of_members(figures, np.ones(40, np.bool_))
    assert mean.standard_error == pytest.approx(expected)


def test_users_who_are_no_members_change_no_mean() -> None:
    figures, members = np.array([1.0, 50.0, 3.0]), np.array([True, False, True])
    assert mean_of_members(figures, members).without_each.tolist() == [3.0, 2.0, 1.0]


@pytest.mark.parametrize("members", [[False, False], [True, False]])
def test_a_mean_over_fewer_than_two_members_has_no_error(members: list[bool]) -> None:
    mean = mean_of_members(np.array([2.0, 4.0]), np.array(members))
    assert math.isnan(mean.standard_error)
    assert math.isnan(mean.value) == (not any(members))


def test_the_error_of_a_difference_is_paired() -> None:
    noise = np.random.default_rng(3).normal(size=30)
    members = np.ones(30, np.bool_)
    one, other = mean_of_members(noise, members), mean_of_members(noise + 0.25, members)
    assert one.standard_error > 0.1
    assert (other - one).value == pytest.approx(0.25)
    assert (other - one).standard_error == pytest.approx(0.0, abs=1e-12)


def test_a_count_has_no_error() -> None:
    assert math.isnan(Estimate.without_error(7.0).standard_error)


def test_the_documented_examples_hold() -> None:
    assert doctest.testmod(jackknife).failed == 0
