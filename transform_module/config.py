"""Options of the preprocessing."""

from typing import Annotated

from pydantic import Field

from movielens.section import Positive, Section


class TransformConfig(Section):
    """How ratings are aggregated by user and by movie."""

    folds: Annotated[int, Field(ge=2, le=1_000)] = Field(
        10,
        description="Parts that the train ratings are hashed into for the out-of-fold aggregates. "
        "At least two, so that a row can be left out of its own aggregates.",
    )
    movie_damping: Positive = Field(
        3.0,
        description="Ratings at the global mean that each movie is given beforehand. More damping "
        "pulls the mean of a movie with few ratings harder towards the mean of all.",
    )
    user_damping: Positive = Field(
        5.0, description="Ratings that each user is given beforehand, to the same end."
    )
