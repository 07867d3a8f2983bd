"""Rows that cannot be used: why, how many, and the file that shows them."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

MAX_SHOWN_PER_BLOCK: Final = 10_000  # enough to see what is wrong; the counts are always complete
MAX_TEXT: Final = 200  # characters of a row's text that are kept
QUARANTINE_HEADER: Final = ("file", "line", "reason", "text")


class Reason(StrEnum):
    """Why a row was refused; the value is what the user reads."""

    FIELD_COUNT = "wrong field count"
    QUOTES = "unbalanced quotes"
    NUMBER = "unparsable number"
    ENCODING = "bad encoding"
    ID = "id not positive"
    TIMESTAMP = "negative timestamp"
    SCALE = "rating off the scale"
    UNKNOWN_MOVIE = "unknown movie"
    DUPLICATE_RATING = "duplicate user-movie pair"
    DUPLICATE_MOVIE = "duplicate movie"


class BadRow(NamedTuple):
    """A refused row: its file, its line (from 1), the reason and (the start of) its text."""

    file: str
    line: int
    reason: Reason
    text: str


@dataclass
class Rejects:
    """Refused rows of one block of a file: all are counted, the first ones are kept to be shown."""

    counts: Counter[Reason] = field(default_factory=Counter)
    shown: list[BadRow] = field(default_factory=list)

    def add(self, row: BadRow) -> None:
        """Counts a row and keeps it while there is room."""
        self.counts[row.reason] += 1
        if len(self.shown) < MAX_SHOWN_PER_BLOCK:
            self.shown.append(row._replace(text=row.text[:MAX_TEXT]))


def to_csv(rows: Iterable[BadRow]) -> str:
    """Returns the quarantine file's text: a header, then the rows by file and line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(QUARANTINE_HEADER)
    writer.writerows(sorted(rows))
    return out.getvalue()
