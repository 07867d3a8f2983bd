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
    ENCODING = "unknown encoding"
    USER_NUMBER = "userId is not a whole number"
    MOVIE_NUMBER = "movieId is not a whole number"
    RATING_NUMBER = "rating is not a number"
    TIME_NUMBER = "timestamp is not a whole number"
    TIME_TEXT = "timestamp is not ISO 8601"
    USER_ID = "userId is not positive"
    MOVIE_ID = "movieId is not positive"
    SCALE = "rating is not a half star from 0.5 to 5"
    TOO_EARLY = "timestamp is before 1970"
    TOO_LATE = "timestamp is after 2099"
    UNKNOWN_MOVIE = "movieId is not in the movies file"
    DUPLICATE_MOVIE = "movieId is in an earlier row"


class BadRow(NamedTuple):
    """A refused row: its file, its line (from 1), the reason and (the start of) its text."""

    file: str
    line: int
    reason: Reason
    text: str


@dataclass
class Rejects:
    """Refused rows of one block of a file: all are counted, and the first are kept to be shown."""

    counts: Counter[Reason] = field(default_factory=Counter)
    shown: list[BadRow] = field(default_factory=list)

    def add(self, row: BadRow) -> None:
        """Counts a row, and keeps it while there is room."""
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
