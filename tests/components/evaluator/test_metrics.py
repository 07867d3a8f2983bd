"""Expected values are worked out by hand from the definitions."""

import dataclasses
import doctest
import math

import numpy as np
import pytest

from components.evaluator import metrics
from components.evaluator.metrics import (
    ALL_METRICS,
    RANKING_METRICS,
    Direction,
    Table,
    measure,
    shown_in,
)
from components.evaluator.rated_rows import RatedRows


def four_rows() -> RatedRows:
    """User 1 likes movie 11 and dislikes movie 10; user 2 likes both movies."""
    return RatedRows(
        user_ids=np.array([1, 1, 2, 2]),
        movie_ids=np.array([10, 11, 10, 12]),
        ratings=np.array([3.0, 4.0, 5.0, 4.0], dtype=np.float32),
        liked=np.array([False, True, True, True]),
        predicted_ratings=np.array([3.0, 3.0, 4.0, 4.0], dtype=np.float32),
        liked_scores=np.array([0.5, 0.25, 0.75, 0.125], dtype=np.float32),
        bias_ratings=np.array([1.0, 4.0, 3.0, 4.0], dtype=np.float32),
    )


def test_every_metric_of_four_rows() -> None:
    values = measure(four_rows())
    assert list(values) == list(ALL_METRICS)
    assert values["example_count"] == 4
    assert values["rmse"] == pytest.approx(math.sqrt(2 / 4))  # errors 0, 1, 1, 0
    assert values["mae"] == 0.5
    assert values["auc"] == pytest.approx(1 / 3)  # one of three likes outscores the dislike
    assert values["bias_rmse"] == pytest.approx(math.sqrt(8 / 4))  # errors 2, 0, 2, 0
    assert values["rmse_gain_over_bias"] == pytest.approx(math.sqrt(2) - math.sqrt(0.5))
    assert values["auc_gain_over_bias"] == pytest.approx(1 / 3 - 1)
    assert values["users_normal"] == 1  # user 1; user 2 has no dislike
    assert values["ndcg_normal"] == pytest.approx(1 / math.log2(3))
    assert values["p10_normal"] == 0.1
    assert values["users_strict"] == 0
    assert math.isnan(values["ndcg_strict"])
    assert math.isnan(values["p10_strict"])


def test_a_model_equal_to_the_bias_baseline_gains_nothing() -> None:
    rows = four_rows()
    values = measure(dataclasses.replace(rows, predicted_ratings=rows.bias_ratings))
    assert values["rmse_gain_over_bias"] == 0.0


def test_parts_of_users_have_no_ranking() -> None:
    part = four_rows().take(np.array([0, 1, 2]), whole_users=False)
    values = measure(part)
    assert all(math.isnan(values[name]) for name in RANKING_METRICS)
    assert values["example_count"] == 3


def test_only_what_is_asked_for_is_computed() -> None:
    assert measure(four_rows(), [ALL_METRICS["mae"]]) == {"mae": 0.5}


def test_errors_are_better_lower_and_counts_have_no_direction() -> None:
    directions = {name: metric.direction for name, metric in ALL_METRICS.items()}
    lower = {name for name, each in directions.items() if each is Direction.LOWER}
    counts = {name for name, each in directions.items() if each is Direction.NEITHER}
    assert lower == {"rmse", "mae", "bias_rmse"}
    assert counts == {"example_count", "users_strict", "users_normal"}


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (Table.SLICES, ["rmse", "mae", "auc", "ndcg_normal", "p10_normal"]),
        (Table.HISTORY, ["rmse", "auc", "ndcg_normal"]),
        (Table.CHART, ["rmse", "auc", "ndcg_strict", "p10_strict"]),
    ],
)
def test_tables_show_a_choice_of_metrics_in_their_order(table: Table, names: list[str]) -> None:
    assert [metric.name for metric in shown_in(table)] == names


def test_the_documented_examples_hold() -> None:
    assert doctest.testmod(metrics).failed == 0
