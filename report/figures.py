"""Figures of a run's test predictions: calibration, errors, and the movies with the greatest."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from components.evaluator.predictions import rated_rows
from components.evaluator.rated_rows import RatedRows
from report.charts import Chart, against_diagonal, heat_map
from transform_module import features

_GROUPS: Final = 10  # of equally many test ratings
_FEWEST: Final = 5  # test ratings of a movie that may be among the worst
_WORST: Final = 10


class Group(NamedTuple):
    """Ratings with similar predictions."""

    ratings: int
    predicted: float  # the mean
    actual: float  # the mean


class Mispredicted(NamedTuple):
    """A movie whose ratings are predicted badly."""

    movie_id: int
    title: str
    ratings: int  # in test
    actual: float  # mean stars
    predicted: float  # mean stars
    error: float  # mean absolute error, stars


def charts(predictions: pa.Table) -> list[Chart]:
    """The charts of a run's predictions; none if there is no rating."""
    rows = rated_rows(predictions)
    if not len(rows):
        return []
    stars = (features.MIN_RATING, features.MAX_RATING)
    return [
        _calibration(
            "Calibration of ratings: mean stars of ratings with similar predictions",
            ("predicted stars", "actual stars"),
            calibration(rows.predicted_ratings, rows.ratings),
            stars,
        ),
        _calibration(
            "Calibration of likes: share of likes among ratings with similar predictions",
            ("predicted probability", "share of likes"),
            calibration(rows.liked_scores, rows.liked),
            (0.0, 1.0),
        ),
        heat_map(
            "Predicted against actual stars, each actual rating's share of predictions",
            list(stars_against_stars(rows)),
            "actual stars",
            "predicted stars",
            "share",
        ),
    ]


def calibration(predicted: NDArray[Any], actual: NDArray[Any]) -> list[Group]:
    """Groups of equally many ratings, in ascending order of their predictions.

    >>> calibration(np.array([0.2, 0.8]), np.array([0, 1]))
    [Group(ratings=1, predicted=0.2, actual=0.0), Group(ratings=1, predicted=0.8, actual=1.0)]
    """
    order = np.argsort(predicted, kind="stable")
    return [
        Group(len(places), float(predicted[places].mean()), float(actual[places].mean()))
        for places in np.array_split(order, min(_GROUPS, len(order)))
    ]


def stars_against_stars(rows: RatedRows) -> Iterator[dict[str, Any]]:
    """How often each rating is predicted as which, to the next step of the scale."""
    step = features.RATING_STEP
    actual, predicted = (
        np.clip(np.round(each / step) * step, features.MIN_RATING, features.MAX_RATING)
        for each in (rows.ratings.astype(float), rows.predicted_ratings.astype(float))
    )
    for of, total in zip(*np.unique(actual, return_counts=True), strict=True):
        counted = np.unique(predicted[actual == of], return_counts=True)
        for given, count in zip(*counted, strict=True):
            yield {
                "actual stars": float(of),
                "predicted stars": float(given),
                "ratings": int(count),
                "share": round(float(count / total), 4),
            }


def mispredicted(predictions: pa.Table) -> list[Mispredicted]:
    """The movies with the greatest mean absolute error, of those with enough ratings."""
    rows = rated_rows(predictions)
    ids, first, movies, counts = np.unique(
        rows.movie_ids, return_index=True, return_inverse=True, return_counts=True
    )
    errors = np.abs(rows.predicted_ratings.astype(float) - rows.ratings)
    error, actual, predicted = (
        np.bincount(movies, weights=each) / counts
        for each in (errors, rows.ratings, rows.predicted_ratings)
    )
    enough = np.flatnonzero(counts >= _FEWEST)
    worst = enough[np.argsort(-error[enough], kind="stable")][:_WORST]
    titles = predictions.column(features.TITLE)
    return [
        Mispredicted(
            movie_id=int(ids[each]),
            title=titles[int(first[each])].as_py(),
            ratings=int(counts[each]),
            actual=float(actual[each]),
            predicted=float(predicted[each]),
            error=float(error[each]),
        )
        for each in worst
    ]


def _calibration(
    title: str, names: tuple[str, str], groups: Sequence[Group], ends: tuple[float, float]
) -> Chart:
    rows = [
        {
            names[0]: round(group.predicted, 4),
            names[1]: round(group.actual, 4),
            "ratings": group.ratings,
        }
        for group in groups
    ]
    return against_diagonal(title, rows, *names, ends)
