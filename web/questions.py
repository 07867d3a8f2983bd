"""Reads from the query of an address what a page is asked, within bounds.

All that a visitor has entered is in the address. So the server keeps nothing, every page works
without scripts, and can be reloaded and bookmarked.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from serving.client import RatedMovie

STARS: Final = tuple(halves / 2 for halves in range(10, 0, -1))  # 5, 4.5, ..., 0.5
MAX_RATED: Final = 100  # movies
MAX_TEXT: Final = 200  # characters
_MAX_QUERY: Final = 8_000  # bytes: so many movies, and texts of four bytes a character, fit in
_MAX_MOVIE_ID: Final = 2**63 - 1  # ids travel as int64
_ID: Final = re.compile(r"[0-9]{1,19}")
_SHOWN: Final = 40  # characters of a wrong value in a message

Rated = tuple[RatedMovie, ...]  # most recent first, as the client takes them


class BadQuestionError(Exception):
    """The query does not ask what it can ask; the message is for the visitor."""


class TooLongError(BadQuestionError):
    """The query as a whole is too long."""


def parse(query: str) -> QueryParams:
    """Parses a query; a TooLongError if it is longer than the page's own forms make it."""
    if len(query) > _MAX_QUERY:
        raise TooLongError(
            f"A query has at most {_MAX_QUERY:,} characters. Received: {len(query):,}. "
            "Remove some movies."
        )
    return QueryParams(query)


def text(query: QueryParams, name: str) -> str:
    """A text with single spaces; empty if absent."""
    value = " ".join(query.get(name, "").split())
    if len(value) > MAX_TEXT:
        raise BadQuestionError(
            f"{name} should have at most {MAX_TEXT} characters. Received: {len(value):,} characters"
        )
    if any(unicodedata.category(letter) == "Cc" for letter in value):
        raise BadQuestionError(
            f"{name} should have no control characters. Received: {_shown(value)}"
        )
    return value


def movie_id(query: QueryParams, name: str) -> int | None:
    """A MovieLens id; None if absent."""
    return _movie_id(name, query[name]) if query.get(name) else None


def stars(query: QueryParams, name: str) -> float:
    """A number of stars; the best if absent."""
    return _stars(name, query[name]) if query.get(name) else STARS[0]


def options(query: QueryParams, name: str, known: Sequence[str]) -> tuple[str, ...]:
    """The chosen ones of the known options."""
    chosen = query.getlist(name)
    for value in chosen:
        if value not in known:
            raise BadQuestionError(
                f"{name} should be one of {', '.join(known)}. Received: {_shown(value)}"
            )
    return tuple(option for option in known if option in chosen)


def rated(query: QueryParams) -> Rated:
    """The movies rated so far: each `rated` is an id and its stars, such as `260:4.5`."""
    found: Rated = ()
    for value in reversed(query.getlist("rated")):
        id_, _, number = value.partition(":")
        found = with_rating(found, _movie_id("rated", id_), _stars("rated", number))
    return found


def with_rating(before: Rated, movie_id: int, stars: float) -> Rated:
    """The ratings with one more, which replaces an earlier one of the same movie."""
    now = (RatedMovie(movie_id=movie_id, rating=stars), *without(before, movie_id))
    if len(now) > MAX_RATED:
        raise BadQuestionError(f"Rate at most {MAX_RATED} movies. Remove one to add another.")
    return now


def without(before: Rated, movie_id: int | None) -> Rated:
    """The ratings of all movies but one."""
    return tuple(movie for movie in before if movie.movie_id != movie_id)


def query_of(ratings: Rated) -> str:
    """The query from which `rated` reads these ratings, for links.

    >>> query_of((RatedMovie(movie_id=260, rating=4.5), RatedMovie(movie_id=1, rating=5.0)))
    'rated=260:4.5&rated=1:5'
    """
    pairs = [("rated", f"{movie.movie_id}:{movie.rating:g}") for movie in ratings]
    return urlencode(pairs, safe=":")


def _movie_id(name: str, value: str) -> int:
    if not _ID.fullmatch(value) or int(value) > _MAX_MOVIE_ID:
        raise BadQuestionError(
            f"{name} should name a movie by its MovieLens id, a whole number. "
            f"Received: {_shown(value)}"
        )
    return int(value)


def _stars(name: str, value: str) -> float:
    for number in STARS:
        if value == f"{number:g}":
            return number
    raise BadQuestionError(
        f"{name} should give stars from 0.5 to 5 in steps of 0.5. Received: {_shown(value)}"
    )


def _shown(value: str) -> str:
    return ascii(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")
