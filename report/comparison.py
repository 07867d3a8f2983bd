"""What differs between two runs, and what of it is more than noise.

Two runs are compared on the test ratings that both predicted, paired by users: what both models
find hard cancels out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from components.evaluator.metrics import (
    ALL_METRICS,
    INTERVAL_ERRORS,
    Direction,
    RatingMetric,
    Table,
    shown_in,
)
from components.evaluator.predictions import PREDICTED_RATING, rated_rows, read_predictions
from components.evaluator.rated_rows import RatedRows
from components.evaluator.slices import OVERALL, SLICINGS, slice_name, slicing_of
from report.runs import RecordedRun
from transform_module import features

SHOWN_CHANGES: Final = 10  # users and movies whose predictions changed most
_KEYS: Final = (features.USER_ID, features.MOVIE_ID, features.RATING)
_DOUBT: Final = 0.05  # the chance that any slice is listed though none has changed
_FEWEST_USERS: Final = 20  # of a slice, for the normal approximation


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Something that is not the same in both runs; None if a run lacks it."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class Change:
    """How a metric changed on the test ratings that both runs predicted."""

    metric: RatingMetric
    slice: str
    before: float
    after: float
    error: float  # standard error of the difference, paired by users; NaN if not defined

    @property
    def difference(self) -> float:
        """The second run's value less the first's."""
        return self.after - self.before

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference."""
        room = INTERVAL_ERRORS * self.error
        return self.difference - room, self.difference + room

    @property
    def verdict(self) -> str:
        """`better`, `worse`, or `noise` if the interval holds 0."""
        low, high = self.interval
        if not (low > 0 or high < 0):
            return "noise"
        is_lower_better = self.metric.direction is Direction.LOWER
        return "better" if (self.difference < 0) is is_lower_better else "worse"


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A user or a movie whose predictions changed."""

    id: int
    name: str  # the movie's title; empty for a user
    ratings: int  # test ratings that both runs predicted
    mean_change: float  # stars
    mean_distance: float  # mean absolute change, stars


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two runs side by side. Without test ratings that both predicted, the last four are empty."""

    before: RecordedRun
    after: RecordedRun
    options: tuple[Difference, ...]
    data: tuple[Difference, ...]
    seconds: tuple[Difference, ...]  # of nodes
    missing: str  # why nothing could be measured on shared test ratings; empty if it could
    shared: int  # test ratings that both predicted
    unshared: tuple[int, int]  # test ratings of each run that the other lacks
    metrics: tuple[Change, ...]
    slices: tuple[Change, ...]  # beyond noise, though so many slices were looked at
    users: tuple[Moved, ...]
    movies: tuple[Moved, ...]


class _Measured(NamedTuple):
    """The last attributes of a `Comparison`."""

    shared: int
    unshared: tuple[int, int]
    metrics: tuple[Change, ...]
    slices: tuple[Change, ...]
    users: tuple[Moved, ...]
    movies: tuple[Moved, ...]


_NOTHING: Final = _Measured(0, (0, 0), (), (), (), ())


def compare(before: RecordedRun, after: RecordedRun, *, most_rows: int | None = None) -> Comparison:
    """Compares two runs, on a sample of users if they predicted more than `most_rows` ratings."""
    missing, measured = "", _NOTHING
    try:
        measured = _measure(*(predictions_of(run, most_rows) for run in (before, after)))
    except FileNotFoundError as error:
        missing = str(error)
    return Comparison(
        before=before,
        after=after,
        options=tuple(_differences(before.options, after.options)),
        data=tuple(_differences(_data(before), _data(after))),
        seconds=tuple(_node_seconds(before, after)),
        missing=missing or ("" if measured.shared else "the runs share no test rating"),
        **measured._asdict(),
    )


def shared_rows(mine: pa.Table, other: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Returns the rows of each table whose rating is in both, in the same order.

    Both are in ascending order of user and movie, and have a pair of these once.
    """
    place = pa.array(np.arange(len(other)))
    joined = (
        mine.select(_KEYS)
        .append_column("mine", pa.array(np.arange(len(mine))))
        .join(
            other.select(_KEYS).append_column("other", place), keys=list(_KEYS), join_type="inner"
        )
        .sort_by("mine")
    )
    return mine.take(joined.column("mine")), other.take(joined.column("other"))


def predictions_of(run: RecordedRun, most_rows: int | None = None) -> pa.Table:
    """Reads what a run predicted, as `read_predictions` does.

    Raises:
        FileNotFoundError: The run has no predictions, or they have been removed.
    """
    artifact = run.artifact("Evaluator", "predictions")
    if artifact is None:
        raise FileNotFoundError(f"run {run.run_id} did not get as far as its Evaluator")
    return read_predictions(artifact["uri"], most_rows)


def _measure(mine: pa.Table, other: pa.Table) -> _Measured:
    first, second = shared_rows(mine, other)
    unshared = len(mine) - len(first), len(other) - len(second)
    if not len(first):
        return _NOTHING._replace(unshared=unshared)
    rows = rated_rows(first), rated_rows(second)
    everything = np.arange(len(first))
    metrics = [each for each in ALL_METRICS.values() if each.direction is not Direction.NEITHER]
    return _Measured(
        shared=len(first),
        unshared=unshared,
        metrics=tuple(_changes(rows, everything, OVERALL, "", metrics)),
        slices=tuple(_changed_slices(rows, second)),
        users=_moved(first, second, features.USER_ID),
        movies=_moved(first, second, features.MOVIE_ID),
    )


def _changes(
    rows: tuple[RatedRows, RatedRows],
    places: NDArray[np.intp],
    slicing: str,
    value: str,
    metrics: list[RatingMetric],
) -> Iterator[Change]:
    has_whole_users = slicing_of(slicing).has_whole_users
    first, second = (each.take(places, whole_users=has_whole_users) for each in rows)
    for metric in metrics:
        before, after = metric.compute(first), metric.compute(second)
        if np.isfinite(before.value) and np.isfinite(after.value):
            yield Change(
                metric=metric,
                slice=slice_name(slicing, value),
                before=before.value,
                after=after.value,
                error=(after - before).standard_error,
            )


def _changed_slices(rows: tuple[RatedRows, RatedRows], table: pa.Table) -> list[Change]:
    """Changes that are no noise even though so many slices were looked at (Bonferroni)."""
    metrics = list(shown_in(Table.SLICES))
    looked_at = [
        change
        for slicing in SLICINGS
        if slicing in table.column_names
        for value, places in _places(table.column(slicing))
        if len(np.unique(rows[0].user_ids[places])) >= _FEWEST_USERS
        for change in _changes(rows, places, slicing, value, metrics)
        if np.isfinite(change.error)
    ]
    if not looked_at:
        return []
    room = NormalDist().inv_cdf(1 - _DOUBT / 2 / len(looked_at))
    return [change for change in looked_at if abs(change.difference) > room * change.error]


def _places(column: pa.ChunkedArray) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """Yields each value of a column of texts, or of lists of them, with its rows."""
    values = column.combine_chunks()
    owners = np.arange(len(values))
    if pa.types.is_list(values.type):
        owners = pc.list_parent_indices(values).to_numpy()
        values = values.flatten()
    encoded = values.dictionary_encode()
    groups = encoded.indices.to_numpy()
    for group, value in enumerate(encoded.dictionary.to_pylist()):
        yield value, np.unique(owners[groups == group])


def _moved(first: pa.Table, second: pa.Table, key: str) -> tuple[Moved, ...]:
    """Whose predictions changed most, by the mean distance."""
    change = pc.subtract(second.column(PREDICTED_RATING), first.column(PREDICTED_RATING))
    table = pa.table({"id": second.column(key), "change": change, "distance": pc.abs(change)})
    grouped = table.group_by("id").aggregate(
        [("change", "mean"), ("distance", "mean"), ("change", "count")]
    )
    most = grouped.sort_by([("distance_mean", "descending"), ("id", "ascending")])
    titles = {}
    if key == features.MOVIE_ID and features.TITLE in second.column_names:
        ids = second.column(key).to_pylist()
        titles = dict(zip(ids, second.column(features.TITLE).to_pylist(), strict=True))
    return tuple(
        Moved(
            id=row["id"],
            name=titles.get(row["id"], ""),
            ratings=row["change_count"],
            mean_change=row["change_mean"],
            mean_distance=row["distance_mean"],
        )
        for row in most.slice(0, SHOWN_CHANGES).to_pylist()
        if row["distance_mean"] > 0
    )


def _data(run: RecordedRun) -> dict[str, Any]:
    """Counts of the data set, and the fingerprint of the files that were read."""
    examples = run.artifact("MovieLensExampleGen", "examples") or {}
    return {**(run.values["dataset"] or {}), "fingerprint": examples.get("fingerprint")}


def _node_seconds(before: RecordedRun, after: RecordedRun) -> Iterator[Difference]:
    first, second = (
        {
            node["id"]: node["state"] if node["state"] != "executed" else node["seconds"]
            for node in run.values["nodes"]
        }
        for run in (before, after)
    )
    for name in second | first:
        yield Difference(name=name, before=first.get(name), after=second.get(name))


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            yield Difference(name=name, before=before.get(name), after=after.get(name))
