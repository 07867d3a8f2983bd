"""The published MovieLens layouts: which files, which separators, which columns.

The first line of a CSV file names its columns, in any order and among others; see `columns`. The
older layouts have no header; their columns are listed here.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Final

from movielens.errors import MissingFileError, UnknownLayoutError

RATING_COLUMNS: Final = ("userId", "movieId", "rating", "timestamp")
MOVIE_COLUMNS: Final = ("movieId", "title", "genres")
_HASHED_BYTES: Final = 1 << 22  # at a time
_PACKED_SUFFIXES: Final = (".gz", ".zip", ".bz2", ".xz", ".zst", ".7z")


@dataclass(frozen=True, kw_only=True)
class Table:
    """How the lines of one file are read."""

    file: str  # its name, as reports call it
    separator: str  # between the fields of a line
    is_csv: bool = False  # whether it has a header, and fields may be in double quotes (RFC 4180)
    columns: tuple[str, ...]  # of the fields of a line, in order


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How one family of MovieLens archives is laid out."""

    name: str  # what the report calls it
    ratings: Table  # the file with one rating a line; its columns include `RATING_COLUMNS`
    movies: Table  # the file with one movie a line; its columns include `MOVIE_COLUMNS`
    is_utf8: bool = False  # whether it is published in UTF-8; the older archives are in Latin-1
    # Names of the genres that the last fields of a movie flag by 0 or 1; empty if the column
    # `genres` lists them by name.
    genre_flags: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, str]:
        """The names of both files."""
        return self.ratings.file, self.movies.file

    def below(self, folder: str) -> "Layout":
        """Returns the layout with the folder of both files in their names."""
        ratings = replace(self.ratings, file=f"{folder}/{self.ratings.file}")
        movies = replace(self.movies, file=f"{folder}/{self.movies.file}")
        return replace(self, ratings=ratings, movies=movies)

    def fingerprint(self, open_file: Callable[[str], AbstractContextManager[Any]]) -> str:
        """Hashes both files, to the last byte, whatever their times are."""
        digest = hashlib.sha256()
        for name in self.files:
            of_file = hashlib.sha256()
            with open_file(name) as file:
                while chunk := file.read(_HASHED_BYTES):
                    of_file.update(chunk)
            digest.update(name.encode() + of_file.digest())
        return digest.hexdigest()[:32]


def _csv_layout(ratings_file: str, movies_file: str) -> Layout:
    return Layout(
        name=f"{ratings_file} + {movies_file}",
        ratings=Table(file=ratings_file, separator=",", is_csv=True, columns=RATING_COLUMNS),
        movies=Table(file=movies_file, separator=",", is_csv=True, columns=MOVIE_COLUMNS),
        is_utf8=True,
    )


CSV_LAYOUT: Final = _csv_layout("ratings.csv", "movies.csv")
# The copy of ML-20M on Kaggle; its times are text: `data.timestamp_unit = "iso8601"`.
KAGGLE_LAYOUT: Final = _csv_layout("rating.csv", "movie.csv")
DAT_LAYOUT: Final = Layout(
    name="ratings.dat + movies.dat",
    ratings=Table(file="ratings.dat", separator="::", columns=RATING_COLUMNS),
    movies=Table(file="movies.dat", separator="::", columns=MOVIE_COLUMNS),
)
_GENRES_OF_100K: Final = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
HUNDRED_K_LAYOUT: Final = Layout(
    name="u.data + u.item",
    ratings=Table(file="u.data", separator="\t", columns=RATING_COLUMNS),
    movies=Table(
        file="u.item",
        separator="|",
        columns=("movieId", "title", "released", "video", "url", "genres", *_GENRES_OF_100K[1:]),
    ),
    genre_flags=_GENRES_OF_100K,
)
LAYOUTS: Final = (CSV_LAYOUT, KAGGLE_LAYOUT, DAT_LAYOUT, HUNDRED_K_LAYOUT)


def recognise_layout(folder: str, names: Collection[str]) -> Layout:
    """Recognises a layout by the names of a folder's files.

    An UnknownLayoutError if none has a file there, or several have all of theirs; a
    MissingFileError if one has only one of its two files there.
    """
    complete = [layout for layout in LAYOUTS if set(layout.files) <= set(names)]
    if len(complete) == 1:
        return complete[0]
    if complete:
        raise UnknownLayoutError(
            f"{folder} holds several MovieLens layouts at once "
            f"({_names(complete)}). Keep the files of one of them."
        )
    wanted = [file for layout in LAYOUTS for file in layout.files]
    packed = [f"{file}{suffix}" for file in wanted for suffix in _PACKED_SUFFIXES]
    if found := next((name for name in packed if name in names), None):
        raise MissingFileError(
            f"{folder} has {found}, which is packed. Extract it; files are read unpacked."
        )
    for layout in LAYOUTS:
        for present, missing in (layout.files, layout.files[::-1]):
            if present in names:
                raise MissingFileError(
                    f"{folder} has {present} but no {missing}; the layout needs both."
                )
    raise UnknownLayoutError(
        f"{folder} is no MovieLens folder: looked for {_names(LAYOUTS)}; "
        f"found {', '.join(sorted(names)[:8]) or 'nothing'}. "
        "`movielens data --output FOLDER` makes one."
    )


def _names(layouts: Iterable[Layout]) -> str:
    return "; ".join(layout.name for layout in layouts)
