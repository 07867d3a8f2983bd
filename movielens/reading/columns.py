"""Both ends of a file: its header, and whether its last line is whole."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from movielens.config import TimestampUnit
from movielens.errors import SourceError
from movielens.reading.layouts import Table
from movielens.reading.timestamps import shortest_timestamp

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_MAGIC: Final = {
    b"\x1f\x8b": "is packed by gzip: extract it",
    b"PK\x03\x04": "is a zip archive: extract it",
    b"BZh": "is packed by bzip2: extract it",
    b"\xfd7zXZ": "is packed by xz: extract it",
    b"\x28\xb5\x2f\xfd": "is packed by zstd: extract it",
    b"\xff\xfe": "is UTF-16: convert it to UTF-8",
    b"\xfe\xff": "is UTF-16: convert it to UTF-8",
}
# Names of the columns in other systems, in lower case and without signs.
_OTHER_NAMES: Final = {
    "userId": {"userid", "user", "uid", "users", "customerid", "customer", "reviewerid"},
    "movieId": {"movieid", "movie", "mid", "itemid", "item", "iid", "id", "filmid", "film"},
    "rating": {"rating", "ratings", "score", "rate", "stars", "value"},
    "timestamp": {"timestamp", "timestamps", "time", "date", "datetime", "ts", "ratedat"},
    "title": {"title", "titles", "name", "movietitle", "movie"},
    "genres": {"genres", "genre", "categories", "category"},
}


def read_header(
    path: str, head: bytes, table: Table, needed: tuple[str, ...], renamed: Mapping[str, str]
) -> Table:
    """Checks the start of a file, and returns its table with the file's own columns.

    `head` has at least two lines, if the file has two. The columns `needed` must be there;
    `renamed` has the needed name of each column that has another name in the file.
    """
    for magic, trouble in _MAGIC.items():
        if head.startswith(magic):
            raise SourceError(f"{path} {trouble}.")
    if not head.strip():
        raise SourceError(f"{path} is empty; expected one row a line.")
    if not table.is_csv:
        return table
    first, _, rest = head.removeprefix(BYTE_ORDER_MARK).partition(b"\n")
    columns = tuple(renamed.get(name, name) for name in _fields(first, table))
    for name in needed:
        if columns.count(name) != 1:
            trouble = "no column" if name not in columns else "several columns"
            raise SourceError(
                f"{path} has {trouble} {name}: its first line should name "
                f"{', '.join(needed)}, separated by commas, in any order. "
                f"Received: {first[:120].decode(errors='replace').strip()!r}"
                f"{_remedy(name, columns)}"
            )
    if not rest.strip():
        raise SourceError(f"{path} has a header but no rows.")
    return replace(table, columns=columns)


def check_tail(path: str, tail: bytes, table: Table, unit: TimestampUnit) -> None:
    """Checks that a file was not cut in the middle of its last line.

    A whole last line without a line end is common and fine. It is cut if it has too few fields, if
    its quotes are not closed, or if it ends in a timestamp shorter than any since 1973 and the line
    before has a whole one. Most of the file may then be missing. `tail` has at least two lines.
    """
    if tail.endswith(b"\n") or not tail.strip():
        return
    *earlier, last = tail.split(b"\n")
    fields = _fields(last, table)
    is_whole = len(fields) == len(table.columns)
    if is_whole and table.columns[-1] == "timestamp":
        shortest = shortest_timestamp(unit)
        before = _fields(earlier[-1], table)[-1:] if earlier else []
        has_short_ones = not any(len(text) >= shortest and text[0].isdigit() for text in before)
        is_whole = fields[-1][-1:].isdigit() and (len(fields[-1]) >= shortest or has_short_ones)
    if not is_whole:
        raise SourceError(
            f"{path} ends in the middle of a line ({last[-60:].decode(errors='replace')!r}), as an "
            "interrupted copy leaves it. Copy or download the file again."
        )


def without_header(block: bytes, table: Table) -> tuple[bytes, int]:
    """Returns the start of a file without byte order mark and header, and its first line number."""
    block = block.removeprefix(BYTE_ORDER_MARK)
    return (block.partition(b"\n")[2], 2) if table.is_csv else (block, 1)


def csv_fields(lines: Iterable[str]) -> list[str]:
    """Returns the fields of a row of CSV; none if its quotes are faulty, as in an open quote."""
    try:
        return next(csv.reader(lines, strict=True), [])
    except csv.Error:
        return []


def _fields(line: bytes, table: Table) -> list[str]:
    text = line.decode("latin-1").strip("\r\n")
    if not table.is_csv:
        return text.split(table.separator)
    return [field.strip() for field in csv_fields([text])]


def _remedy(missing: str, columns: tuple[str, ...]) -> str:
    """Says what to set; names the column that seems to be the missing one, if there is one."""
    for name in columns:
        plain = "".join(character for character in name.lower() if character.isalnum())
        if plain in _OTHER_NAMES[missing]:
            return f". If {name} is meant, set data.columns = {{{name} = {missing!r}}}"
    return f". Set data.columns = {{NAME = {missing!r}}} for the NAME of the column that holds it"
