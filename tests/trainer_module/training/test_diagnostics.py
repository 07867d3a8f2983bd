import numpy as np
import pytest

from trainer_module.training.diagnostics import (
    area_under_roc_curve,
    log_loss,
    root_mean_squared_error,
)


def test_rmse_of_large_arrays_keeps_its_digits():
    predicted = np.full(1_000_000, 3.1, np.float32)
    assert root_mean_squared_error(predicted, predicted - np.float32(1.0)) == pytest.approx(1.0)


def test_a_sure_mistake_costs_a_finite_loss():
    assert log_loss(np.array([1.0]), np.array([False])) == pytest.approx(16.118, abs=1e-3)


@pytest.mark.parametrize(
    ("scores", "area"),
    [([1, 2, 3, 4], 1.0), ([4, 3, 2, 1], 0.0), ([5, 5, 5, 5], 0.5), ([1, 3, 2, 4], 0.75)],
)
def test_area_counts_the_pairs_in_the_right_order(scores, area):
    positive = np.array([False, False, True, True])
    assert area_under_roc_curve(np.array(scores, float), positive) == area


@pytest.mark.parametrize("positive", [[True, True], [False, False], []])
def test_there_is_no_area_without_both_kinds(positive):
    scores = np.arange(len(positive), dtype=float)
    assert area_under_roc_curve(scores, np.array(positive, bool)) is None
