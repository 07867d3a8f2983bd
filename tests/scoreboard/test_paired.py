import math

import pytest

from scoreboard.cells import Cell, Result
from scoreboard.paired import paired_differences


def result(seed: int, squared_error: list[float], ndcg: list[float]) -> Result:
    """One of two users: 4 and 1 test ratings, the second too few to be strict."""
    return Result(
        cell=Cell(protocol="temporal", model="svd", objective="", seed=seed),
        fingerprint="",
        metrics={},
        metrics_unforced=None,
        by_user={
            "rows": [4, 1],
            "squared_error": squared_error,
            "ndcg": ndcg,
            "precision": [0.2, 0.1],
            "strict": [True, False],
            "normal": [True, True],
        },
        fit_seconds=0.0,
        peak_memory_mb=0.0,
    )


def test_the_difference_of_the_errors_is_that_of_the_rmses() -> None:
    mine, theirs = result(0, [16.0, 4.0], [0.5, 0.5]), result(0, [4.0, 1.0], [0.5, 0.5])
    difference, _ = paired_differences([mine], [theirs])["rmse"]
    assert difference == pytest.approx(math.sqrt(20 / 5) - math.sqrt(5 / 5))


def test_the_error_of_a_difference_is_over_users() -> None:
    mine, theirs = result(0, [5.0, 3.0], [0.9, 0.3]), result(0, [4.0, 1.0], [0.5, 0.1])
    differences = paired_differences([mine], [theirs])
    # Mean squared errors 3 / 5 apart: users are off it by 1 - 4 * .6 = -1.4 and 2 - .6 = 1.4.
    scale = math.sqrt(8 / 5) + math.sqrt(5 / 5)
    assert differences["rmse"][1] == pytest.approx(math.sqrt(2 * 1.4**2) / 5 / scale)
    # NDCG .4 and .2 apart: .3 on average, deviation sqrt(2 * .1**2), over sqrt(2).
    assert differences["ndcg_normal"] == pytest.approx((0.3, 0.1))


def test_users_are_averaged_over_seeds_first() -> None:
    mine = [result(0, [4.0, 1.0], [0.9, 0.5]), result(1, [4.0, 1.0], [0.1, 0.5])]
    theirs = [result(0, [4.0, 1.0], [0.5, 0.5])]
    assert paired_differences(mine, theirs)["ndcg_normal"] == pytest.approx((0.0, 0.0))


def test_a_single_user_has_a_difference_and_no_error() -> None:
    difference, error = paired_differences(
        [result(0, [4.0, 1.0], [0.9, 0.5])], [result(0, [4.0, 1.0], [0.5, 0.5])]
    )["ndcg_strict"]
    assert difference == pytest.approx(0.4)
    assert math.isnan(error)
