"""Finds movie ids by title, in the `movies.csv` that travels with every pushed model."""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple, Self

from serving.contract import MOVIES_FILE
from serving.errors import AmbiguousTitleError, CatalogueError, UnknownTitleError
from serving.versions import version_number

_COLUMNS: Final = ("movieId", "title", "genres")
_YEAR: Final = re.compile(r"\s*\((\d{4})[^()]*\)$")
_ARTICLES: Final = "the|a|an|la|le|les|il|el|der|die|das"
_TRAILING_ARTICLE: Final = re.compile(rf"^(.*), ({_ARTICLES})$")
_LEADING_ARTICLE: Final = re.compile(rf"^({_ARTICLES}) ")
_WORD: Final = re.compile(r"\w+")
_SUGGESTIONS: Final = 3
_LEAST_SIMILARITY: Final = 0.35


class Movie(NamedTuple):
    """One movie of the catalogue."""

    movie_id: int
    title: str


class Catalogue:
    """The movies of a model, found by title."""

    def __init__(self, movies: Iterable[Movie]) -> None:
        self._titles = {movie.movie_id: movie.title for movie in movies}
        self._by_key: dict[str, list[Movie]] = defaultdict(list)
        self._words: dict[int, str] = {}
        for movie in self:
            for key in {_key(movie.title), _key(_without_year(movie.title))}:
                self._by_key[key].append(movie)
            self._words[movie.movie_id] = _words(movie.title)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads a catalogue: UTF-8 CSV with the columns movieId, title and genres.

        A CatalogueError if the file is missing, lacks a column, or holds a malformed id.
        """
        try:
            with path.open(encoding="utf-8", newline="") as file:
                return cls(_movies(csv.DictReader(file), path))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CatalogueError(
                f"Cannot read the catalogue {path}: {error}. Name another, or give movie ids "
                "instead of titles."
            ) from error

    def __iter__(self) -> Iterator[Movie]:
        return (Movie(movie_id, title) for movie_id, title in self._titles.items())

    def title(self, movie_id: int) -> str | None:
        """The title of a movie; None for an unknown id."""
        return self._titles.get(movie_id)

    def find(self, title: str) -> list[Movie]:
        """Every movie of this title; case, accents and the place of an article do not matter."""
        return list(self._by_key.get(_key(title), ()))

    def resolve(self, title: str) -> int:
        """The id of the one movie of this title.

        Raises:
            UnknownTitleError: There is none; the message suggests the closest titles.
            AmbiguousTitleError: There are several; the message lists them with their ids.
        """
        found = self.find(title)
        if len(found) == 1:
            return found[0].movie_id
        if found:
            raise AmbiguousTitleError(
                f'"{title}" is the title of {len(found)} movies: {_listed(found)}. Add the year or '
                "give the id."
            )
        close = self._closest(title)
        hint = f"Close ones: {_listed(close)}." if close else "No title comes close."
        raise UnknownTitleError(f'No movie is called "{title}". {hint}')

    def search(self, text: str, *, limit: int) -> list[Movie]:
        """The movies that somebody may mean who has typed the beginning of a title, or some words.

        Each word of the text begins a word of the title. Titles that begin with the text come
        first, else they are in the catalogue's order.
        """
        typed = _words(text)
        wanted = [f" {word}" for word in typed.split()]
        found = [
            movie
            for movie in self
            if wanted and all(word in self._words[movie.movie_id] for word in wanted)
        ]
        start = _without_article(typed)

        def is_inside(movie: Movie) -> bool:
            return not _without_article(self._words[movie.movie_id]).startswith(start)

        return sorted(found, key=is_inside)[:limit]

    def _closest(self, title: str) -> list[Movie]:
        """The movies of the most similar titles, best first."""
        wanted = _triples(title)
        scored = ((_similarity(wanted, _triples(movie.title)), movie) for movie in self)
        close = [pair for pair in scored if pair[0] >= _LEAST_SIMILARITY]
        close.sort(key=lambda pair: (-pair[0], pair[1].movie_id))
        return [movie for _, movie in close[:_SUGGESTIONS]]


def newest_catalogue(model_base_path: Path) -> Path | None:
    """The catalogue of the highest version in a model's folder; None if there is none."""
    versions = {
        version: path
        for path in model_base_path.glob(f"*/{MOVIES_FILE}")
        if (version := version_number(path.parents[1].name)) is not None
    }
    return versions[max(versions)] if versions else None


def _movies(rows: "csv.DictReader[str]", path: Path) -> Iterator[Movie]:
    missing = [column for column in _COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise CatalogueError(
            f"{path} is no catalogue: expected the columns {', '.join(_COLUMNS)}. "
            f"Received: {', '.join(rows.fieldnames or ()) or 'an empty file'}"
        )
    for row in rows:
        try:
            yield Movie(int(row["movieId"]), row["title"] or "")
        except (TypeError, ValueError) as error:
            raise CatalogueError(
                f"Line {rows.line_num} of {path} has no whole number as movieId. "
                f"Received: {row['movieId']!r}"
            ) from error


def _without_year(title: str) -> str:
    return _YEAR.sub("", title.strip())


def _key(title: str) -> str:
    """A title for comparison: no case, no accents, single spaces, the article in front."""
    decomposed = unicodedata.normalize("NFKD", title)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    text = " ".join(plain.casefold().split())
    year = _YEAR.search(text)
    name = _TRAILING_ARTICLE.sub(r"\2 \1", _without_year(text))
    return f"{name} ({year[1]})" if year else name


def _words(title: str) -> str:
    """The words of a title, each after a space; apostrophes are often left out."""
    return "".join(f" {word}" for word in _WORD.findall(_key(title).replace("'", "")))


def _without_article(words: str) -> str:
    return _LEADING_ARTICLE.sub("", words.lstrip())


def _triples(title: str) -> set[str]:
    """The runs of three letters in a title: they forgive typing errors and missing words."""
    padded = f"  {_without_article(_key(_without_year(title)))} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def _similarity(wanted: set[str], found: set[str]) -> float:
    """The mean of the share of `wanted` that was found and Jaccard's index of the two sets.

    Jaccard's index alone punishes long titles, and "Star Wars" is short for many of them.
    """
    common = len(wanted & found)
    return (common / len(wanted) + common / len(wanted | found)) / 2


def _listed(movies: Iterable[Movie]) -> str:
    return ", ".join(f'"{movie.title}" (id {movie.movie_id})' for movie in movies)
