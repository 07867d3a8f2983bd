"""The metrics: one object each. This is the file in which a metric is added or changed.

TFMA's configuration, the verdict, `summary.json`, the terminal's tables and the scoreboard read
this list. One TFMA metric, `components.evaluator.tfma_metric.RecommendationQuality`, computes all
of it. TFMA calls the value `Metric.name`, and candidate - baseline `Metric.change_name`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from components.evaluator.metric_kinds import (
    Direction,
    MeanOverUsers,
    NumberOfUsers,
    RankingMetric,
    RatingMetric,
    RowMetric,
    Table,
)

if TYPE_CHECKING:
    from components.evaluator.rated_rows import RatedRows

# Names that the code spells: of metrics that settings bound by default, and of what results show.
EXAMPLE_COUNT: Final = "example_count"
RMSE: Final = "rmse"
AUC: Final = "auc"
BIAS_RMSE: Final = "bias_rmse"
RMSE_GAIN_OVER_BIAS: Final = "rmse_gain_over_bias"
NDCG_NORMAL: Final = "ndcg_normal"


# The formulas are imported when they are used: see `metric_kinds`.
def _rmse(rows: RatedRows) -> float:
    from movielens.formulas import root_mean_squared_error

    return root_mean_squared_error(rows.ratings, rows.predicted_ratings)


def _mae(rows: RatedRows) -> float:
    from movielens.formulas import mean_absolute_error

    return mean_absolute_error(rows.ratings, rows.predicted_ratings)


def _auc(rows: RatedRows) -> float:
    from movielens.formulas import area_under_roc_curve

    return area_under_roc_curve(rows.liked, rows.liked_scores)


_ROW_METRICS: Final = (
    RowMetric(
        name=EXAMPLE_COUNT,
        label="ratings",
        description="Test ratings.",
        direction=Direction.NEITHER,
        decimals=0,
        compute=lambda rows: float(len(rows)),
    ),
    RowMetric(
        name=RMSE,
        label="RMSE",
        description="Root mean squared error of the predicted ratings, in stars.",
        direction=Direction.LOWER,
        tables=Table.SLICES | Table.HISTORY | Table.BOARD | Table.CHART,
        compute=_rmse,
    ),
    RowMetric(
        name="mae",
        label="MAE",
        description="Mean absolute error of the predicted ratings, in stars.",
        direction=Direction.LOWER,
        tables=Table.SLICES | Table.BOARD,
        compute=_mae,
    ),
    RowMetric(
        name=AUC,
        label="AUC",
        description="Probability that a random like is scored above a random dislike.",
        direction=Direction.HIGHER,
        tables=Table.SLICES | Table.HISTORY | Table.BOARD | Table.CHART,
        compute=_auc,
    ),
    RowMetric(
        name=BIAS_RMSE,
        label="RMSE of the bias baseline",
        description="RMSE of the user + item bias baseline on the same rows, in stars.",
        direction=Direction.LOWER,
        compute=lambda rows: _rmse(rows.by_baseline()),
    ),
    RowMetric(
        name=RMSE_GAIN_OVER_BIAS,
        label="RMSE gain over the bias baseline",
        description="RMSE of the bias baseline - RMSE, in stars.",
        direction=Direction.HIGHER,
        compute=lambda rows: _rmse(rows.by_baseline()) - _rmse(rows),
    ),
    RowMetric(
        name="auc_gain_over_bias",
        label="AUC gain over the bias baseline",
        description="AUC - AUC of the bias baseline, whose predicted ratings are its scores.",
        direction=Direction.HIGHER,
        compute=lambda rows: _auc(rows) - _auc(rows.by_baseline()),
    ),
)
# Strict users have at least 10 test ratings, a like, and no more likes than dislikes; normal users
# have at least one like and one dislike.
_RANKING_METRICS: Final = (
    MeanOverUsers(
        name="ndcg_strict",
        label="NDCG@10 strict",
        description="NDCG@10 of a user's own test movies with binary gain, mean over strict users.",
        direction=Direction.HIGHER,
        tables=Table.BOARD | Table.CHART,
        group="strict",
        figure="ndcg",
    ),
    MeanOverUsers(
        name=NDCG_NORMAL,
        label="NDCG@10 normal",
        description="NDCG@10 of a user's own test movies with binary gain, mean over normal users.",
        direction=Direction.HIGHER,
        tables=Table.SLICES | Table.HISTORY | Table.BOARD,
        group="normal",
        figure="ndcg",
    ),
    MeanOverUsers(
        name="p10_strict",
        label="P@10 strict",
        description="Likes among a user's 10 best scored test movies / 10, mean over strict users.",
        direction=Direction.HIGHER,
        tables=Table.BOARD | Table.CHART,
        group="strict",
        figure="precision",
    ),
    MeanOverUsers(
        name="p10_normal",
        label="P@10 normal",
        description="Likes among a user's 10 best scored test movies / 10, mean over normal users.",
        direction=Direction.HIGHER,
        tables=Table.SLICES | Table.BOARD,
        group="normal",
        figure="precision",
    ),
    NumberOfUsers(
        name="users_strict",
        label="strict users",
        description="How many users the strict means are over.",
        direction=Direction.NEITHER,
        decimals=0,
        group="strict",
    ),
    NumberOfUsers(
        name="users_normal",
        label="normal users",
        description="How many users the normal means are over.",
        direction=Direction.NEITHER,
        decimals=0,
        group="normal",
    ),
)

RANKING_METRICS: Final[Mapping[str, RankingMetric]] = {each.name: each for each in _RANKING_METRICS}
ALL_METRICS: Final[Mapping[str, RatingMetric]] = {
    each.name: each for each in (*_ROW_METRICS, *_RANKING_METRICS)
}


def shown_in(table: Table) -> tuple[RatingMetric, ...]:
    """The metrics that a table shows, in the order of its columns."""
    return tuple(metric for metric in ALL_METRICS.values() if table in metric.tables)


def measure(
    rows: RatedRows, metrics: Iterable[RatingMetric] = ALL_METRICS.values()
) -> dict[str, float]:
    """Computes metrics.

    A value that the rows do not define is NaN and is there all the same: TFMA fails a model for any
    slice, with a bound or not, that lacks a metric bounded elsewhere.

    Args:
        rows: At least one row.
        metrics: All metrics of the evaluation by default.

    Returns:
        Values by metric name.
    """
    return {metric.name: metric.compute(rows) for metric in metrics}
