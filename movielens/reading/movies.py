"""The movies file: ids, titles and genres, tolerant of what titles hold, strict about the rest."""

import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from movielens.reading.columns import csv_fields, without_header
from movielens.reading.layouts import MOVIE_COLUMNS, Layout, Table
from movielens.reading.numbers import whole_number
from movielens.reading.quarantine import BadRow, Reason, Rejects

GUESSED_ENCODING: Final = "cp1252"
_MOST_LINES: Final = 50  # of a row of CSV whose quotes hold line breaks
NO_GENRES: Final = "(no genres listed)"
# The older archives' spelling, and genres that mean "none".
_RENAMED_GENRES: Final = {"Children's": "Children"}
_NO_GENRE_NAMES: Final = frozenset({"", "unknown", NO_GENRES})


@dataclass(frozen=True)
class MovieTable:
    """All movies of the input, by ascending id."""

    movie_ids: npt.NDArray[np.int64]  # [m], ascending, distinct
    titles: pa.Array  # m byte strings, UTF-8; empty if unknown
    genres: pa.ListArray  # m lists of byte strings; empty if none is known

    def __len__(self) -> int:
        return len(self.movie_ids)

    @classmethod
    def merged(cls, tables: Sequence[Self]) -> Self:
        """Returns the movies of all tables, with title and genres of the first that has a movie."""
        movie_ids, rows = np.unique(
            np.concatenate([table.movie_ids for table in tables]), return_index=True
        )
        return cls(
            movie_ids=movie_ids,
            titles=pa.concat_arrays([table.titles for table in tables]).take(rows),
            genres=pa.concat_arrays([table.genres for table in tables]).take(rows),
        )

    def knows(self, movie_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Returns, for each id, whether it is in the table."""
        if not len(self):
            return np.zeros(len(movie_ids), bool)
        known: npt.NDArray[np.bool_] = self.movie_ids[self._nearest(movie_ids)] == movie_ids
        return known

    def positions(self, movie_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Returns the row of each id; raises KeyError for an id that is not in the table."""
        rows = self._nearest(movie_ids)
        is_known = self.movie_ids[rows] == movie_ids
        if not is_known.all():
            raise KeyError(f"movie {movie_ids[~is_known][0]} is not in the movies file")
        return rows

    def _nearest(self, movie_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.minimum(np.searchsorted(self.movie_ids, movie_ids), len(self) - 1)


class NotUtf8(NamedTuple):
    """Titles of a movies file that are not UTF-8."""

    titles: int  # how many there are
    read_as: str  # the encoding in which they were read
    line: int  # the line of the first, from 1
    title: str  # the first


class ParsedMovies(NamedTuple):
    """A parsed movies file."""

    table: MovieTable  # the movies that can be used
    rejects: Rejects  # the rows that cannot
    rows: int  # how many rows there were
    not_utf8: NotUtf8 | None  # of the movies that can be used; None if all are UTF-8


def parse_movies(data: bytes, layout: Layout, encoding: str | None = None) -> ParsedMovies:
    """Parses a whole movies file; the largest published one has some 5 MB.

    The first of two rows with the same id counts. Titles are brought to Unicode's normal form C.
    Those that are not UTF-8 are in `encoding`; if that is None, they are read in Windows-1252,
    which is Latin-1 for printable characters.
    """
    rejects = Rejects()
    movies: dict[int, tuple[str, list[str]]] = {}
    rows, not_utf8 = 0, None
    fallback = encoding or GUESSED_ENCODING
    for number, record in _numbered_records(data, layout.movies):
        rows += 1
        text, is_utf8 = _decode(record, fallback)
        movie = Reason.ENCODING if text is None else _parse_movie(text, layout)
        if not isinstance(movie, Reason) and movie[0] in movies:
            movie = Reason.DUPLICATE_MOVIE
        if isinstance(movie, Reason):
            shown = record.decode("utf-8", "replace")
            rejects.add(BadRow(layout.movies.file, number, movie, shown))
            continue
        movie_id, title, genres = movie
        movies[movie_id] = (title, genres)
        if not is_utf8:
            first = not_utf8 or NotUtf8(0, fallback, number, title)
            not_utf8 = first._replace(titles=first.titles + 1)
    return ParsedMovies(_to_table(movies), rejects, rows, not_utf8)


def _numbered_records(data: bytes, table: Table) -> Iterator[tuple[int, bytes]]:
    """Yields each row and the number of its first line; a row of CSV may have several lines."""
    data, first_line = without_header(data, table)
    lines = [line.rstrip(b"\r") for line in data.split(b"\n")]
    index = 0
    while index < len(lines):
        length = _lines_of_record(lines, index) if table.is_csv else 1
        record = b"\n".join(lines[index : index + length])
        if record.strip():
            yield first_line + index, record
        index += length


def _lines_of_record(lines: Sequence[bytes], start: int) -> int:
    """Returns how many lines the quotes of a row hold together; 1 if they are never closed."""
    for length in range(1, _MOST_LINES + 1):
        record = b"\n".join(lines[start : start + length])
        if record.count(b'"') % 2 == 0 or _fields_with_line_breaks(record.decode("latin-1")):
            return length
    return 1


def _fields_with_line_breaks(text: str) -> list[str]:
    return csv_fields(io.StringIO(text, newline=""))


def _decode(record: bytes, fallback: str) -> tuple[str | None, bool]:
    """Returns the text of a row, None if the encoding does not fit, and whether it is UTF-8."""
    try:
        return record.decode("utf-8"), True
    except UnicodeDecodeError:
        pass
    try:
        return record.decode(fallback), False
    except UnicodeDecodeError:
        return None, False


def _parse_movie(text: str, layout: Layout) -> tuple[int, str, list[str]] | Reason:
    table = layout.movies
    fields = _fields_with_line_breaks(text) if table.is_csv else text.split(table.separator)
    if not fields:
        return Reason.QUOTES
    if len(fields) != len(table.columns):
        return Reason.FIELD_COUNT
    movie_text, title, listed = (fields[table.columns.index(name)] for name in MOVIE_COLUMNS)
    movie_id = whole_number(movie_text.strip())
    if movie_id is None:
        return Reason.MOVIE_NUMBER
    if movie_id <= 0:
        return Reason.MOVIE_ID
    if layout.genre_flags:
        flags = zip(layout.genre_flags, fields[-len(layout.genre_flags) :], strict=True)
        names = [name for name, flag in flags if flag.strip() == "1"]
    else:
        names = [name.strip() for name in listed.split("|")]
    genres = [_RENAMED_GENRES.get(name, name) for name in names if name not in _NO_GENRE_NAMES]
    return movie_id, unicodedata.normalize("NFC", title.strip()), genres


def _to_table(movies: dict[int, tuple[str, list[str]]]) -> MovieTable:
    ids = sorted(movies)
    titles = [movies[movie_id][0].encode() for movie_id in ids]
    genres = [[genre.encode() for genre in movies[movie_id][1]] for movie_id in ids]
    return MovieTable(
        movie_ids=np.array(ids, np.int64),
        titles=pa.array(titles, pa.binary()),
        genres=pa.array(genres, pa.list_(pa.binary())),
    )
