"""The kinds of metrics: what describes a metric, and how its value is computed."""

import dataclasses
from collections.abc import Callable
from enum import Flag, StrEnum, auto
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from components.evaluator.rated_rows import RatedRows
from movielens.formulas import RankedUsers, mean_or_nan

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

    # The value over at least one row; NaN if the rows do not define it.
    compute: Callable[[RatedRows], float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RankingMetric(Metric):
    """A metric of how users' own movies are ranked, so that only slices of whole users have it."""

    group: Group

    def compute(self, rows: RatedRows) -> float:
        """The value over at least one row; NaN for parts of users, or if no user counts."""
        if rows.users is None:
            return float("nan")
        return self.of_users(rows.users, getattr(rows.users, self.group))

    def of_users(self, users: RankedUsers, members: NDArray[np.bool_]) -> float:
        """The value over the users for which `members`, bool [users], is true."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, kw_only=True)
class MeanOverUsers(RankingMetric):
    """A figure of each user, averaged."""

    figure: Literal["ndcg", "precision"]  # the column of `RankedUsers`

    def of_users(self, users: RankedUsers, members: NDArray[np.bool_]) -> float:
        """The mean; NaN if no user counts."""
        return mean_or_nan(getattr(users, self.figure)[members])


@dataclasses.dataclass(frozen=True, kw_only=True)
class NumberOfUsers(RankingMetric):
    """How many users a mean is over."""

    def of_users(self, users: RankedUsers, members: NDArray[np.bool_]) -> float:  # noqa: ARG002
        """The number of users that count."""
        return float(members.sum())


RatingMetric: TypeAlias = RowMetric | RankingMetric
