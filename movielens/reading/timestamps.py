"""Times of ratings: in seconds or other units since 1970, or as ISO 8601 text."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from movielens.config import TimestampUnit
from movielens.errors import SourceError
from movielens.reading.numbers import whole_numbers

LATEST: Final = 4_102_444_800  # 2100-01-01
_EARLIEST_LIKELY: Final = 315_532_800  # 1980-01-01; smaller numbers occur in made-up data
_PER_SECOND: Final[dict[TimestampUnit, int]] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_UNIT_NAMES: Final = {
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "iso8601": "ISO 8601 text",
}
_ISO_8601: Final = (
    r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$"
)


def in_seconds(
    texts: pa.Array, unit: TimestampUnit
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Reads timestamps [n] without blanks around them; an ISO 8601 time without a zone is UTC.

    Returns seconds since 1970, UTC, rounded down [n], 0 for a text that is no timestamp; and which
    texts [n] are timestamps.

    >>> seconds, _ = in_seconds(pa.array(["2006-03-07 02:36:51", "2006-02-30"]), "iso8601")
    >>> seconds.tolist()
    [1141699011, 0]
    """
    if unit != "iso8601":
        numbers, is_number = whole_numbers(texts)
        return numbers // _PER_SECOND[unit], is_number
    is_text = np.asarray(pc.match_substring_regex(texts, _ISO_8601))
    times = pd.to_datetime(
        pd.Series(texts.to_numpy(zero_copy_only=False)).where(is_text),
        format="ISO8601",
        utc=True,
        errors="coerce",
    )
    is_time = times.notna().to_numpy()
    seconds = times.dt.tz_localize(None).to_numpy("datetime64[s]").astype(np.int64)
    return np.where(is_time, seconds, 0), is_time


def shortest_timestamp(unit: TimestampUnit) -> int:
    """Returns the fewest characters of a timestamp since 1973."""
    return len("2006-03-07") if unit == "iso8601" else 8 + len(str(_PER_SECOND[unit]))


def check_unit(path: str, texts: pa.Array, unit: TimestampUnit) -> None:
    """Refuses a file if its first timestamps look like another unit, or none is after 1970."""
    if not len(texts):
        return
    example = texts[0].as_py()
    likely = _likely_unit(texts)
    if likely is not None and likely != unit:
        raise SourceError(
            f"The timestamps of {path} look like {_UNIT_NAMES[likely]}, such as {example!r}, not "
            f"like {_UNIT_NAMES[unit]}: set data.timestamp_unit = {likely!r}."
        )
    seconds, is_time = in_seconds(texts, unit)
    if is_time.any() and not (seconds[is_time] > 0).any():
        raise SourceError(
            f"No timestamp of {path} is after 1970, such as {example!r}: a rating needs the time "
            "at which it was given. Export the ratings with their times."
        )


def _likely_unit(texts: pa.Array) -> TimestampUnit | None:
    numbers, is_number = whole_numbers(texts)
    if is_number.sum() * 2 < len(texts):
        is_text = np.asarray(pc.match_substring_regex(texts, _ISO_8601))
        return "iso8601" if is_text.sum() * 2 > len(texts) else None
    typical: Any = np.median(numbers[is_number])
    for unit, per_second in _PER_SECOND.items():
        if _EARLIEST_LIKELY <= typical / per_second < LATEST:
            return unit
    return None
