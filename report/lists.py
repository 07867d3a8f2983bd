"""What was recommended to a sample of users: the lists of a few, and how popular the movies are.

The numbers are those of `components.run_report.recommended`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from report.charts import Chart, against_diagonal

Movie = Mapping[str, Any]  # `movie_id` and `title`; with `rating` if the user has rated it


@dataclass(frozen=True, kw_only=True)
class UserLists:
    """What a user liked, and what two models recommend."""

    user_id: int
    ratings: int  # that the user has given before
    liked: Sequence[Movie]
    now: Sequence[Movie]
    before: Sequence[Movie]  # of the last model; empty if it was not asked about this user


def beside(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[UserLists]:
    """The users of a run, with their lists of the run before."""
    earlier = {each["user_id"]: each["recommended"] for each in before.get("users", ())}
    return [
        UserLists(
            user_id=each["user_id"],
            ratings=each["ratings"],
            liked=each["liked"],
            now=each["recommended"],
            before=earlier.get(each["user_id"], ()),
        )
        for each in now.get("users", ())
    ]


def lorenz(recommended: Mapping[str, Any]) -> Chart | None:
    """How unequally the recommendations are spread; None if nothing was recommended."""
    if "popularity" not in recommended:
        return None
    x, y = "share of movies", "share of recommendations"
    rows = [{x: movies, y: shown} for movies, shown in recommended["popularity"]["lorenz"]]
    title = "Lorenz curve: the share of all recommendations that the least recommended movies get"
    return against_diagonal(title, rows, x, y, (0.0, 1.0))
