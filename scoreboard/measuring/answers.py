"""What a model is asked, and what it answers."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from components.evaluator.rated_rows import RatedRows
from movielens.constants import LIKED_THRESHOLD
from scoreboard.measuring.list_tasks import ListTask

if TYPE_CHECKING:
    from scoreboard.data.protocol_data import ProtocolData
    from scoreboard.data.rated_movies import RatedMovies, Rows


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """Asks a model to rate every test rating, and to make a list for each user of the task."""

    rated: "RatedMovies"
    task: ListTask
    data: "ProtocolData | None" = None  # None for a peer that does not read examples


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answers:
    """The answers of one trained model."""

    rows: RatedRows | None = None  # every test rating; None for a model that only ranks
    are_probabilities: bool = False  # whether the rows' `liked_scores` are P(rating >= 4)
    lists: NDArray[np.int64] | None = None  # [U, 10], U as in the task; None if it only rates
    fit_seconds: float  # wall time of training and export; of a peer, also of its answers


def predicted_rows(
    test: "Rows", stars: NDArray[np.floating], liked_scores: NDArray[np.floating]
) -> RatedRows:
    """Returns test ratings with a model's predictions; the bias baseline is unknown.

    All are [n]: `test` of dtype `RATING_ROW`, `stars` the predicted ratings, and `liked_scores`
    higher for a movie that the user is likelier to like.
    """
    return RatedRows(
        user_ids=test["user_id"],
        movie_ids=test["movie_id"],
        ratings=test["rating"],
        liked=test["rating"] >= LIKED_THRESHOLD,
        predicted_ratings=stars,
        liked_scores=liked_scores,
        bias_ratings=np.full(len(test), np.nan, np.float32),
    )
