"""Ratings files in bulk: blocks of bytes to arrays, and the rows that cannot be used.

A rating is one line: only the movies file may have line breaks inside of quotes.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from movielens import constants
from movielens.config import TimestampUnit
from movielens.ratings import RATING_ROW, Rows
from movielens.reading.columns import without_header
from movielens.reading.layouts import RATING_COLUMNS, Layout, Table
from movielens.reading.movies import MovieTable
from movielens.reading.numbers import decimal_numbers, whole_numbers
from movielens.reading.quarantine import BadRow, Reason, Rejects
from movielens.reading.timestamps import LATEST, in_seconds

_ONE_BYTE: Final = "\x1f"  # for Arrow, in place of `::`: the unit separator, which is in no text
_ONE_FIELD: Final = "-"  # replaces blank and broken lines, so that Arrow skips them as too short
_FIELD: Final = r'([^",]*|"([^"]|"")*")'
_QUOTED_LINE: Final = rf"^{_FIELD}(,{_FIELD})*$"  # RFC 4180, section 2


class ParsedRatings(NamedTuple):
    """A parsed block."""

    rows: Rows  # the usable ratings, dtype `RATING_ROW`, in file order
    rejects: Rejects  # the lines that cannot be used
    read: int  # how many lines there were, blank ones and the header aside


def parse_ratings(
    block: bytes,
    layout: Layout,
    movies: MovieTable,
    first_line: int = 1,
    unit: TimestampUnit = "s",
) -> ParsedRatings:
    """Parses a block of whole lines of a ratings file; the last may lack its line end.

    Ratings of a movie that is not in `movies` are refused. `first_line` is the number, from 1, of
    the block's first line in its file.
    """
    if first_line == 1:
        block, first_line = without_header(block, layout.ratings)
    lines = part_into_fields(block, layout.ratings)
    rows, is_faulty = _read_fields(lines.texts, movies, unit)
    is_bad = np.logical_or.reduce(list(is_faulty.values()))
    numbers = np.flatnonzero(lines.is_whole)
    bad = dict(lines.faults)
    for index in np.flatnonzero(is_bad).tolist():
        bad[int(numbers[index])] = next(why for why, faulty in is_faulty.items() if faulty[index])
    rejects = Rejects()
    raw = block.split(b"\n") if bad else []
    for number, reason in sorted(bad.items()):
        text = raw[number].decode("utf-8", "replace").strip()
        rejects.add(BadRow(layout.ratings.file, first_line + number, reason, text))
    rows["line"] = first_line + numbers
    return ParsedRatings(rows[~is_bad], rejects, len(rows) + len(lines.faults))


class Lines(NamedTuple):
    """The lines of a block as fields."""

    # The fields of the whole lines, by `RATING_COLUMNS`, without blanks around them.
    texts: dict[str, pa.Array]
    is_whole: npt.NDArray[np.bool_]  # [lines of the block], which have all their fields
    faults: dict[int, Reason]  # what is wrong with the others except blank ones, by line from 0


def part_into_fields(block: bytes, table: Table) -> Lines:
    """Splits the lines of a ratings file, given without the header, into `RATING_COLUMNS`."""
    text = _as_utf8(block)
    lines = pa.array(text.removesuffix(b"\n").split(b"\n"), pa.string())
    is_blank = np.asarray(pc.equal(pc.utf8_trim_whitespace(lines), ""))
    is_quoted = table.is_csv and b'"' in text
    # An open quote would swallow the lines after it.
    is_broken = (
        np.asarray(pc.invert(pc.match_substring_regex(lines, _QUOTED_LINE))) & ~is_blank
        if is_quoted
        else np.zeros(len(lines), bool)
    )
    if (is_blank | is_broken).any():
        lines = pc.if_else(pa.array(is_blank | is_broken), _ONE_FIELD, lines)
        text = "\n".join(lines.to_pylist()).encode()
    is_whole = np.ones(len(lines), bool)

    def skip(row: pa.csv.InvalidRow) -> str:
        is_whole[row.number - 1] = False
        return "skip"

    texts = _read_columns(text, table, '"' if is_quoted else False, skip)
    faults = {
        number: Reason.QUOTES if is_broken[number] else Reason.FIELD_COUNT
        for number in np.flatnonzero(~is_whole & ~is_blank).tolist()
    }
    return Lines(texts, is_whole, faults)


def _as_utf8(block: bytes) -> bytes:
    """Returns the block with plain line ends and in UTF-8, so that Arrow can read it."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    try:
        block.decode()
    except UnicodeDecodeError:
        # Latin-1 has a character for every byte.
        block = block.decode("latin-1").encode()
    return block


def _read_columns(
    text: bytes, table: Table, quote: str | Literal[False], skip: Callable[[Any], str]
) -> dict[str, pa.Array]:
    """Returns the fields of `RATING_COLUMNS`; lines of another number of fields go to `skip`."""
    separator = table.separator
    if len(separator) > 1:
        text, separator = text.replace(separator.encode(), _ONE_BYTE.encode()), _ONE_BYTE
    # Other columns may have any name, or none.
    names = [str(position) for position in range(len(table.columns))]
    positions = {name: str(table.columns.index(name)) for name in RATING_COLUMNS}
    columns = pa.csv.read_csv(
        pa.BufferReader(text),
        read_options=pa.csv.ReadOptions(
            column_names=names, use_threads=False, block_size=len(text) + 1
        ),
        parse_options=pa.csv.ParseOptions(
            delimiter=separator,
            quote_char=quote,
            ignore_empty_lines=False,
            invalid_row_handler=skip,
        ),
        convert_options=pa.csv.ConvertOptions(
            include_columns=list(positions.values()),
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[],
        ),
    )
    return {
        name: pc.utf8_trim_whitespace(columns[position]).combine_chunks()
        for name, position in positions.items()
    }


def _read_fields(
    texts: Mapping[str, pa.Array], movies: MovieTable, unit: TimestampUnit
) -> tuple[Rows, dict[Reason, npt.NDArray[np.bool_]]]:
    """Returns the fields as numbers, and for each reason which lines are refused for it."""
    users, is_user = whole_numbers(texts["userId"])
    movie_ids, is_movie = whole_numbers(texts["movieId"])
    ratings, is_rating = decimal_numbers(texts["rating"])
    seconds, is_time = in_seconds(texts["timestamp"], unit)
    rows = np.empty(len(users), RATING_ROW)
    rows["user_id"], rows["movie_id"], rows["timestamp"] = users, movie_ids, seconds
    with np.errstate(over="ignore"):  # such a rating is off the scale, and its line is refused
        rows["rating"] = ratings
    steps = ratings / constants.RATING_STEP
    is_on_scale = (ratings >= constants.MIN_RATING) & (ratings <= constants.MAX_RATING)
    return rows, {
        Reason.USER_NUMBER: ~is_user,
        Reason.MOVIE_NUMBER: ~is_movie,
        Reason.RATING_NUMBER: ~is_rating,
        Reason.TIME_TEXT if unit == "iso8601" else Reason.TIME_NUMBER: ~is_time,
        Reason.USER_ID: users <= 0,
        Reason.MOVIE_ID: movie_ids <= 0,
        Reason.SCALE: ~is_on_scale | (steps != np.rint(steps)),
        Reason.TOO_EARLY: seconds < 0,
        Reason.TOO_LATE: seconds >= LATEST,
        Reason.UNKNOWN_MOVIE: ~movies.knows(movie_ids),
    }
