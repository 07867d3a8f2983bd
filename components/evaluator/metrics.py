"""The metrics, one object each; add or change a metric here.

TFMA's configuration, the verdict, `summary.json`, the terminal's tables and the scoreboard read
this list. One TFMA metric, `components.evaluator.tfma_metric.RecommendationQuality`, computes all
of them. TFMA calls the value `Metric.name`, and candidate - baseline `Metric.change_name`.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from components.evaluator.metric_kinds import (
    Direction,
    Group,
    MeanOverUsers,
    NumberOfUsers,
    RankingMetric,
    RatingMetric,
    RowMetric,
    Table,
)
from components.evaluator.rated_rows import RatedRows
from movielens.formulas import area_under_roc_curve, mean_absolute_error, root_mean_squared_error

# Names of metrics that the code uses: default bounds, and what results show.
EXAMPLE_COUNT: Final = "example_count"
RMSE: Final = "rmse"
AUC: Final = "auc"
BIAS_RMSE: Final = "bias_rmse"
RMSE_GAIN_OVER_BIAS: Final = "rmse_gain_over_bias"
NDCG_NORMAL: Final = "ndcg_normal"


def _rmse(rows: RatedRows) -> float:
    return root_mean_squared_error(rows.ratings, rows.predicted_ratings)


def _auc(rows: RatedRows) -> float:
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
        compute=lambda rows: mean_absolute_error(rows.ratings, rows.predicted_ratings),
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


def _ndcg(group: Group, tables: Table) -> RankingMetric:
    return MeanOverUsers(
        name=f"ndcg_{group}",
        label=f"NDCG@10 {group}",
        description="NDCG@10 of a user's own test movies with binary gain, mean over "
        f"{group} users.",
        direction=Direction.HIGHER,
        tables=tables,
        group=group,
        figure="ndcg",
    )


def _precision(group: Group, tables: Table) -> RankingMetric:
    return MeanOverUsers(
        name=f"p10_{group}",
        label=f"P@10 {group}",
        description="Likes among a user's 10 best scored test movies / 10, mean over "
        f"{group} users.",
        direction=Direction.HIGHER,
        tables=tables,
        group=group,
        figure="precision",
    )


def _number_of_users(group: Group) -> RankingMetric:
    return NumberOfUsers(
        name=f"users_{group}",
        label=f"{group} users",
        description=f"How many users the {group} means are over.",
        direction=Direction.NEITHER,
        decimals=0,
        group=group,
    )


# Strict users have at least 10 test ratings, a like, and no more likes than dislikes; normal users
# have at least one like and one dislike.
_RANKING_METRICS: Final = (
    _ndcg("strict", Table.BOARD | Table.CHART),
    _ndcg("normal", Table.SLICES | Table.HISTORY | Table.BOARD),
    _precision("strict", Table.BOARD | Table.CHART),
    _precision("normal", Table.SLICES | Table.BOARD),
    _number_of_users("strict"),
    _number_of_users("normal"),
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
    """Returns the values of metrics over at least one row, by name.

    A value that the rows do not define is NaN and not left out: TFMA fails a model if any slice,
    even one without a bound, lacks a metric that is bounded elsewhere.
    """
    return {metric.name: metric.compute(rows) for metric in metrics}
