import doctest
import math

import numpy as np
import pytest

from movielens import formulas
from movielens.formulas import (
    area_under_roc_curve,
    log_loss,
    mean_absolute_error,
    root_mean_squared_error,
)


def test_rmse_is_the_root_of_the_mean_square() -> None:
    # errors 1, -2, 0, 0.5: squares 1 + 4 + 0 + 0.25 = 5.25, mean 1.3125
    actual, predicted = [4.0, 2.0, 3.0, 5.0], [3.0, 4.0, 3.0, 4.5]
    assert root_mean_squared_error(actual, predicted) == pytest.approx(math.sqrt(1.3125))


def test_rmse_of_large_arrays_keeps_its_digits() -> None:
    actual = np.full(1_000_000, 3.1, np.float32)
    assert root_mean_squared_error(actual, actual - np.float32(1.0)) == pytest.approx(1.0)


def test_mae_is_the_mean_of_absolute_errors() -> None:
    assert mean_absolute_error([4.0, 2.0, 3.0, 5.0], [3.0, 4.0, 3.0, 4.5]) == 3.5 / 4


def test_auc_counts_the_pairs_in_the_right_order() -> None:
    # positives .8 .4, negatives .6 .2: right are .8>.6, .8>.2, .4>.2 of four pairs
    assert area_under_roc_curve([True, True, False, False], [0.8, 0.4, 0.6, 0.2]) == 0.75


def test_a_tie_counts_half_in_auc() -> None:
    assert area_under_roc_curve([True, False, False], [0.5, 0.5, 0.1]) == 0.75


def test_a_constant_score_has_auc_one_half() -> None:
    assert area_under_roc_curve([True, False, True, False, False], [3.5] * 5) == 0.5


@pytest.mark.parametrize("liked", [[True, True], [False, False], []])
def test_auc_of_one_class_is_undefined(liked: list[bool]) -> None:
    assert math.isnan(area_under_roc_curve(liked, [0.1, 0.9][: len(liked)]))


def test_auc_equals_the_count_over_all_pairs() -> None:
    random = np.random.default_rng(7)
    liked = random.random(900) < 0.4
    scores = random.integers(0, 50, 900) / 50  # many ties
    difference = scores[liked][:, None] - scores[~liked][None, :]
    over_pairs = np.mean((difference > 0) + 0.5 * (difference == 0))
    assert area_under_roc_curve(liked, scores) == pytest.approx(over_pairs, abs=1e-12)


def test_log_loss_is_the_mean_of_the_negative_logarithms() -> None:
    value = log_loss([True, False], [0.9, 0.2])
    assert value == pytest.approx(-(math.log(0.9) + math.log(0.8)) / 2)


@pytest.mark.parametrize(("happened", "probability"), [(True, 0.0), (False, 1.0)])
def test_a_certain_mistake_costs_a_finite_loss(happened: bool, probability: float) -> None:
    assert log_loss([happened], [probability]) == pytest.approx(-math.log(1e-7))


def test_the_documented_examples_hold() -> None:
    assert doctest.testmod(formulas).failed == 0
