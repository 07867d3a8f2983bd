"""Ratings files in bulk: blocks of bytes to arrays, and the rows that cannot be used.

A block whose every line is well formed, which is all of a published file, is parsed by Arrow's CSV
reader straight to numbers. Only a block with a malformed line takes the careful way, which is still
vectorised but sees each field as text and so can tell what is wrong with which line.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from components.movielens_example_gen.layouts import BYTE_ORDER_MARK, Layout
from components.movielens_example_gen.movies import MovieTable
from components.movielens_example_gen.quarantine import BadRow, Reason, Rejects
from components.movielens_example_gen.ratings import RATING_ROW, no_ratings
from transform_module import features

_FIELDS: Final = ("user_id", "movie_id", "rating", "timestamp")
_TYPES: Final = (pa.int64(), pa.int64(), pa.float64(), pa.int64())
_WHOLE: Final = r"^-?\d{1,18}$"
_DECIMAL: Final = r"^-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?$"
_PATTERNS: Final = (_WHOLE, _WHOLE, _DECIMAL, _WHOLE)
# Arrow's reader takes one byte; this one is in no text.
_UNIT_SEPARATOR: Final = b"\x1f"

Rows = npt.NDArray[np.void]


class ParsedRatings(NamedTuple):
    """A parsed block.

    Attributes:
        rows: the usable ratings, dtype `RATING_ROW`, in file order.
        rejects: the lines that cannot be used.
        read: how many lines there were, blank ones and the header aside.
    """

    rows: Rows
    rejects: Rejects
    read: int


def parse_ratings(
    block: bytes, layout: Layout, movies: MovieTable, first_line: int = 1
) -> ParsedRatings:
    """Parses a block of whole lines of a ratings file.

    Args:
        block: the bytes; the last line may lack its line end.
        layout: the file's layout.
        movies: ratings of a movie that is not there are refused.
        first_line: the number, from 1, of the block's first line in its file.

    Returns:
        The usable rows and the refused ones with their lines and reasons.
    """
    if first_line == 1:
        block = block.removeprefix(BYTE_ORDER_MARK)
        if layout.ratings_header is not None:
            block = block.partition(b"\n")[2]
            first_line = 2
    if not block.strip():
        return ParsedRatings(no_ratings(), Rejects(), 0)
    rejects = Rejects()
    rows = _parse_well_formed(block, layout)
    if rows is not None:
        read = len(rows)
        rows["line"] += first_line
    else:
        rows, read = _parse_with_care(block, layout, first_line, rejects)
    return ParsedRatings(_usable(rows, block, first_line, layout, movies, rejects), rejects, read)


def _parse_well_formed(block: bytes, layout: Layout) -> Rows | None:
    """Parses a block in which every line is fine; None where one is not."""
    separator = layout.ratings_separator.encode()
    if len(separator) > 1:
        block, separator = block.replace(separator, _UNIT_SEPARATOR), _UNIT_SEPARATOR
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(block),
            read_options=pa.csv.ReadOptions(
                column_names=_FIELDS, use_threads=False, block_size=len(block) + 1
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=separator.decode(), quote_char=False, ignore_empty_lines=False
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict(zip(_FIELDS, _TYPES, strict=True)), null_values=[]
            ),
        )
    except pa.ArrowInvalid:
        return None
    # A file of unusual line ends, or a number such as NaN, must not depend on the way taken.
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    if table.num_rows != lines or not np.isfinite(table["rating"].to_numpy()).all():
        return None
    rows = np.empty(table.num_rows, RATING_ROW)
    for name in _FIELDS:
        rows[name] = table[name].to_numpy()
    rows["line"] = np.arange(table.num_rows)
    return rows


def _parse_with_care(
    block: bytes, layout: Layout, first_line: int, rejects: Rejects
) -> tuple[Rows, int]:
    """Parses a block line by line, still in bulk, and refuses the lines that are malformed."""
    raw = block.split(b"\n")
    # Latin-1 maps each byte to a character, so that whatever is there becomes text to look at.
    texts = pc.utf8_trim_whitespace(pa.array([line.decode("latin-1") for line in raw]))
    present = pc.not_equal(texts, "")
    numbers = first_line + np.flatnonzero(present.to_numpy(zero_copy_only=False))
    texts = texts.filter(present)
    fields = pc.split_pattern(texts, layout.ratings_separator)
    is_complete = np.asarray(pc.equal(pc.list_value_length(fields), len(_FIELDS)))
    cells = pc.utf8_trim_whitespace(pc.list_flatten(fields.filter(pa.array(is_complete))))
    columns = [cells.take(pa.array(np.arange(i, len(cells), len(_FIELDS)))) for i in range(4)]
    is_number = np.logical_and.reduce(
        [
            np.asarray(pc.match_substring_regex(column, pattern))
            for column, pattern in zip(columns, _PATTERNS, strict=True)
        ]
    )
    for index in np.flatnonzero(~is_complete):
        line = int(numbers[index])
        rejects.add(_malformed(raw[line - first_line], line, Reason.FIELD_COUNT, layout))
    complete_numbers = numbers[is_complete]
    for line in complete_numbers[~is_number].tolist():
        rejects.add(_malformed(raw[line - first_line], line, Reason.NUMBER, layout))
    rows = np.empty(int(is_number.sum()), RATING_ROW)
    for name, column, dtype in zip(_FIELDS, columns, _TYPES, strict=True):
        rows[name] = pc.cast(column.filter(pa.array(is_number)), dtype).to_numpy()
    rows["line"] = complete_numbers[is_number]
    return rows, len(numbers)


def _malformed(line: bytes, number: int, reason: Reason, layout: Layout) -> BadRow:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text, reason = line.decode("latin-1"), Reason.ENCODING
    return BadRow(layout.ratings_file, number, reason, text.strip())


def _usable(
    rows: Rows, block: bytes, first_line: int, layout: Layout, movies: MovieTable, rejects: Rejects
) -> Rows:
    """Refuses well-formed rows whose values cannot be."""
    steps = rows["rating"] / features.RATING_STEP
    faults = {
        Reason.ID: (rows["user_id"] <= 0) | (rows["movie_id"] <= 0),
        Reason.SCALE: (rows["rating"] < features.MIN_RATING)
        | (rows["rating"] > features.MAX_RATING)
        | (steps != np.rint(steps)),
        Reason.TIMESTAMP: rows["timestamp"] < 0,
        Reason.UNKNOWN_MOVIE: ~movies.knows(rows["movie_id"]),
    }
    is_bad = np.logical_or.reduce(list(faults.values()))
    if not is_bad.any():
        return rows
    raw = block.split(b"\n")
    for index in np.flatnonzero(is_bad):
        line = int(rows["line"][index])
        reason = next(reason for reason, fault in faults.items() if fault[index])
        text = raw[line - first_line].decode("latin-1").strip()
        rejects.add(BadRow(layout.ratings_file, line, reason, text))
    usable: Rows = rows[~is_bad]
    return usable
