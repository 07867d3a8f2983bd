"""The metrics, one object each; add or change a metric here.

TFMA's configuration, the verdict, `summary.json`, the terminal's tables and the scoreboard read
this list. One TFMA metric, `tfma_metric.RecommendationQuality`, computes all of them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Flag, StrEnum, auto
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

# The configuration reads the list of metrics, and must not wait for NumPy. So the formulas are
# those of `RatedRows`.
if TYPE_CHECKING:
    from components.evaluator.rated_rows import RatedRows
    from movielens.jackknife import Estimate

# Names of metrics that the code uses: default bounds, and what results show.
EXAMPLE_COUNT: Final = "example_count"
RMSE: Final = "rmse"
AUC: Final = "auc"
BIAS_RMSE: Final = "bias_rmse"
RMSE_GAIN_OVER_BIAS: Final = "rmse_gain_over_bias"
NDCG_NORMAL: Final = "ndcg_normal"

# Standard errors on either side of a value that make its 95 % interval (normal approximation).
INTERVAL_ERRORS: Final = 1.96

Group: TypeAlias = Literal["strict", "normal"]  # properties of `RankedUsers`: users who count


class Direction(StrEnum):
    """Which values of a metric are better."""

    LOWER = "lower is better"
    HIGHER = "higher is better"
    NEITHER = "a count"  # a bound on a count is a floor


class Table(Flag):
    """Tables that show some metrics. The table of a run's metrics shows all of them."""

    NONE = 0
    SLICES = auto()  # the slices of a run
    HISTORY = auto()  # `movielens history`
    BOARD = auto()  # the scoreboard, a column each
    CHART = auto()  # the scoreboard's picture, a panel each


@dataclasses.dataclass(frozen=True, kw_only=True)
class Metric:
    """What describes a metric before it is measured."""

    name: str  # its name in bounds, in `summary.json` and in TFMA's results
    label: str  # its name for people
    description: str  # its definition and its unit
    direction: Direction  # which values are better
    decimals: int = 4  # how many decimals are shown; 0 for a whole number
    tables: Table = Table.NONE  # the tables that show it

    @property
    def change_name(self) -> str:
        """TFMA's name of candidate - baseline."""
        return f"{self.name}_diff"

    @property
    def error_name(self) -> str:
        """The name of the value's standard error over users."""
        return f"{self.name}_standard_error"

    @property
    def change_error_name(self) -> str:
        """The name of the standard error of candidate - baseline, paired by users."""
        return f"{self.name}_change_standard_error"

    @property
    def best_name(self) -> str:
        """The name of the best value that the change's error leaves room for: see `best_of`."""
        return f"{self.name}_best"

    def best_of(self, value: float, error: float) -> float:
        """The better end of the 95 % interval around a value; the value if its error is NaN.

        >>> error = Metric(name="e", label="E", description="", direction=Direction.LOWER)
        >>> round(error.best_of(0.8, 0.01), 4), error.best_of(0.8, float("nan"))
        (0.7804, 0.8)
        """
        if math.isnan(error):
            return value
        room = INTERVAL_ERRORS * error
        return value - room if self.direction is Direction.LOWER else value + room

    def text(self, value: float) -> str:
        """The value as tables show it.

        >>> error = Metric(name="e", label="E", description="", direction=Direction.LOWER)
        >>> error.text(0.83604), dataclasses.replace(error, decimals=0).text(20003.0)
        ('0.8360', '20,003')
        """
        return f"{value:,.{self.decimals}f}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RowMetric(Metric):
    """A metric of single rows, so that it can be measured on any slice."""

    # Of at least one row; its value is NaN if the rows do not define it.
    compute: Callable[[RatedRows], Estimate]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RankingMetric(Metric):
    """A metric of how users' own movies are ranked, so that only slices of whole users have it."""

    group: Group
    # The column of `RankedUsers` that is averaged over the group; None if the group is counted.
    figure: Literal["ndcg", "precision"] | None = None

    def compute(self, rows: RatedRows) -> Estimate:
        """Of at least one row; NaN for parts of users, or if no user has a figure."""
        from movielens.jackknife import Estimate, mean_of_members

        users = rows.users
        if users is None:
            return Estimate.without_error(float("nan"))
        members = getattr(users, self.group)
        if self.figure is None:
            return Estimate.without_error(float(members.sum()))
        return mean_of_members(getattr(users, self.figure), members)


RatingMetric: TypeAlias = RowMetric | RankingMetric


_ROW_METRICS: Final = (
    RowMetric(
        name=EXAMPLE_COUNT,
        label="ratings",
        description="Test ratings.",
        direction=Direction.NEITHER,
        decimals=0,
        compute=lambda rows: rows.count,
    ),
    RowMetric(
        name=RMSE,
        label="RMSE",
        description="Root mean squared error of the predicted ratings, in stars.",
        direction=Direction.LOWER,
        tables=Table.SLICES | Table.HISTORY | Table.BOARD | Table.CHART,
        compute=lambda rows: rows.rmse,
    ),
    RowMetric(
        name="mae",
        label="MAE",
        description="Mean absolute error of the predicted ratings, in stars.",
        direction=Direction.LOWER,
        tables=Table.SLICES | Table.BOARD,
        compute=lambda rows: rows.mae,
    ),
    RowMetric(
        name=AUC,
        label="AUC",
        description="Probability that a random like is scored above a random dislike.",
        direction=Direction.HIGHER,
        tables=Table.SLICES | Table.HISTORY | Table.BOARD | Table.CHART,
        compute=lambda rows: rows.auc,
    ),
    RowMetric(
        name=BIAS_RMSE,
        label="RMSE of the bias baseline",
        description="RMSE of the user + item bias baseline on the same rows, in stars.",
        direction=Direction.LOWER,
        compute=lambda rows: rows.by_baseline.rmse,
    ),
    RowMetric(
        name=RMSE_GAIN_OVER_BIAS,
        label="RMSE gain over the bias baseline",
        description="RMSE of the bias baseline - RMSE, in stars.",
        direction=Direction.HIGHER,
        compute=lambda rows: rows.by_baseline.rmse - rows.rmse,
    ),
    RowMetric(
        name="auc_gain_over_bias",
        label="AUC gain over the bias baseline",
        description="AUC - AUC of the bias baseline, whose predicted ratings are its scores.",
        direction=Direction.HIGHER,
        compute=lambda rows: rows.auc - rows.by_baseline.auc,
    ),
)


def _ndcg(group: Group, tables: Table) -> RankingMetric:
    return RankingMetric(
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
    return RankingMetric(
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
    return RankingMetric(
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
    return {metric.name: metric.compute(rows).value for metric in metrics}


def estimate(rows: RatedRows) -> dict[str, Estimate]:
    """Returns all metrics over at least one row, by name."""
    return {name: metric.compute(rows) for name, metric in ALL_METRICS.items()}


def figures_of(
    estimates: Mapping[str, Estimate], baseline: Mapping[str, Estimate] | None = None
) -> dict[str, float]:
    """Returns everything that TFMA is told of a model, by `figure_names`.

    Args:
        estimates: All metrics of the model, by name.
        baseline: Those of the model to compare with, on the same ratings.
    """
    figures: dict[str, float] = {}
    for name, metric in ALL_METRICS.items():
        figures[name] = figures[metric.best_name] = estimates[name].value
        figures[metric.error_name] = estimates[name].standard_error
        if baseline is not None:
            error = (estimates[name] - baseline[name]).standard_error
            figures[metric.change_error_name] = error
            figures[metric.best_name] = metric.best_of(estimates[name].value, error)
    return figures


def figure_names(*, has_baseline: bool) -> Iterator[str]:
    """Names a value, its error, the best value within reach and, maybe, the error of the change."""
    for metric in ALL_METRICS.values():
        yield from (metric.name, metric.best_name, metric.error_name)
        if has_baseline:
            yield metric.change_error_name
