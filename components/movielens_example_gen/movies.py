"""The movies file: ids, titles and genres, tolerant of what titles hold, strict about the rest."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.movielens_example_gen.errors import TruncatedFileError
from components.movielens_example_gen.layouts import BYTE_ORDER_MARK, Layout
from components.movielens_example_gen.quarantine import BadRow, Reason, Rejects

NO_GENRES: Final = "(no genres listed)"
# The older archives' spelling, and genres that mean "none".
_RENAMED_GENRES: Final = {"Children's": "Children"}
_NO_GENRE_NAMES: Final = frozenset({"", "unknown", NO_GENRES})


@dataclass(frozen=True)
class MovieTable:
    """All movies of the input, by ascending id.

    Attributes:
        movie_ids: shape [m], ascending, distinct.
        titles: m byte strings, UTF-8; empty where unknown.
        genres: m lists of byte strings; empty where none is known.
    """

    movie_ids: npt.NDArray[np.int64]
    titles: pa.Array
    genres: pa.ListArray

    def __len__(self) -> int:
        return len(self.movie_ids)

    @classmethod
    def merged(cls, tables: Sequence[Self]) -> Self:
        """The movies of all tables; the first that has a movie tells its title and genres."""
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
        """Returns the row of each id.

        Raises:
            KeyError: an id is not in the table.
        """
        rows = self._nearest(movie_ids)
        is_known = self.movie_ids[rows] == movie_ids
        if not is_known.all():
            raise KeyError(f"movie {movie_ids[~is_known][0]} is not in the movies file")
        return rows

    def _nearest(self, movie_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.minimum(np.searchsorted(self.movie_ids, movie_ids), len(self) - 1)


class ParsedMovies(NamedTuple):
    """A parsed movies file.

    Attributes:
        table: the movies that can be used.
        rejects: the rows that cannot.
        rows: how many rows there were.
        recovered_titles: rows in Latin-1 in a layout that is published in UTF-8.
    """

    table: MovieTable
    rejects: Rejects
    rows: int
    recovered_titles: int


def parse_movies(data: bytes, layout: Layout) -> ParsedMovies:
    """Parses a movies file.

    A row that is not UTF-8 is read as Latin-1, which never fails: refusing the movie would refuse
    all its ratings too. The first of two rows with the same id counts.

    Args:
        data: the whole file; the largest published one has some 5 MB.
        layout: the file's layout.

    Returns:
        The movies, and the rows refused with their lines and reasons.
    """
    rejects = Rejects()
    movies: dict[int, tuple[str, list[str]]] = {}
    rows = recovered = 0
    for number, line in _numbered_lines(data, layout):
        rows += 1
        text, is_utf8 = _decode(line)
        movie = _parse_movie(text, layout)
        if not isinstance(movie, Reason) and movie[0] in movies:
            movie = Reason.DUPLICATE_MOVIE
        if isinstance(movie, Reason):
            rejects.add(BadRow(layout.movies_file, number, movie, text))
            continue
        movie_id, title, genres = movie
        movies[movie_id] = (title, genres)
        recovered += layout.is_utf8 and not is_utf8
    return ParsedMovies(_to_table(movies), rejects, rows, recovered)


def check_movies_tail(path: str, tail: bytes, layout: Layout) -> None:
    """Checks that a movies file was not cut in the middle of its last line.

    Args:
        path: for the error's text.
        tail: the last bytes of the file, at least its last line.
        layout: the file's layout.

    Raises:
        TruncatedFileError: the last line has no line end and cannot be parsed.
    """
    last = tail.rpartition(b"\n")[2]
    if last.strip() and isinstance(_parse_movie(_decode(last)[0], layout), Reason):
        raise TruncatedFileError(
            f"{path} ends in the middle of a line ({last[-60:].decode(errors='replace')!r}), as an "
            "interrupted copy leaves it. Copy or download the file again."
        )


def _numbered_lines(data: bytes, layout: Layout) -> Iterator[tuple[int, bytes]]:
    has_header = layout.movies_header is not None
    lines = data.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    for number, line in enumerate(lines, start=1):
        if line.strip() and not (has_header and number == 1):
            yield number, line.rstrip(b"\r")


def _decode(line: bytes) -> tuple[str, bool]:
    try:
        return line.decode("utf-8"), True
    except UnicodeDecodeError:
        return line.decode("latin-1"), False


def _parse_movie(text: str, layout: Layout) -> tuple[int, str, list[str]] | Reason:
    if layout.quoted:
        try:
            (fields,) = csv.reader([text], strict=True)
        except csv.Error:
            return Reason.QUOTES
    else:
        fields = text.split(layout.movies_separator)
    if len(fields) != layout.movies_fields:
        return Reason.FIELD_COUNT
    try:
        movie_id = int(fields[0])
    except ValueError:
        return Reason.NUMBER
    if movie_id <= 0:
        return Reason.ID
    return movie_id, fields[1].strip(), _genres(fields, layout)


def _genres(fields: list[str], layout: Layout) -> list[str]:
    if layout.genre_flags:
        flags = fields[-len(layout.genre_flags) :]
        flagged = zip(layout.genre_flags, flags, strict=True)
        names = [name for name, flag in flagged if flag.strip() == "1"]
    else:
        names = [name.strip() for name in fields[2].split("|")]
    return [_RENAMED_GENRES.get(name, name) for name in names if name not in _NO_GENRE_NAMES]


def _to_table(movies: dict[int, tuple[str, list[str]]]) -> MovieTable:
    ids = sorted(movies)
    return MovieTable(
        movie_ids=np.array(ids, np.int64),
        titles=pa.array([movies[movie_id][0].encode() for movie_id in ids], pa.binary()),
        genres=pa.array(
            [[genre.encode() for genre in movies[movie_id][1]] for movie_id in ids],
            pa.list_(pa.binary()),
        ),
    )
