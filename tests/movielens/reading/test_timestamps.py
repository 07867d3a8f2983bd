"""Units of timestamps."""

import pyarrow as pa
import pytest

from movielens.config import TimestampUnit
from movielens.errors import SourceError
from movielens.reading.timestamps import check_unit, in_seconds


@pytest.mark.parametrize(
    ("texts", "unit", "message"),
    [
        (["1141699011000", "5"], "s", r"of r look like milliseconds, such as '1141699011000', not"),
        (["junk", "1141699011000"], "s", r"look like milliseconds, such as 'junk'"),
        (["1141699011000"], "s", r"set data\.timestamp_unit = 'ms'"),
        (["1141699011000000"], "s", r"look like microseconds.*'us'"),
        (["1141699011000000000"], "s", r"look like nanoseconds.*'ns'"),
        (["1141699011"], "ms", r"look like seconds, .*, not like milliseconds: .*'s'"),
        (["1141699011"], "iso8601", r"look like seconds, .*, not like ISO 8601 text: .*'s'"),
        (["2006-03-07 02:36:51"], "s", r"look like ISO 8601 text, .*'iso8601'"),
        (["0", "0"], "s", r"No timestamp of r is after 1970, such as '0': "),
        (["-5", "0"], "s", r"No timestamp of r is after 1970, such as '-5': "),
        (["1970-01-01"], "iso8601", r"No timestamp of r is after 1970"),
    ],
)
def test_another_unit_is_named(texts: list[str], unit: TimestampUnit, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        check_unit("r", pa.array(texts), unit)


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (["1141699011", "0", "junk"], "s"),
        (["100", "200"], "s"),  # made-up data
        (["1141699011000"], "ms"),
        (["2006-03-07 02:36:51", "?"], "iso8601"),
        (["junk", "more"], "s"),  # refused row by row
        ([], "s"),
    ],
)
def test_the_unit_itself_passes(texts: list[str], unit: TimestampUnit) -> None:
    check_unit("r", pa.array(texts, pa.string()), unit)


@pytest.mark.parametrize(
    "text",
    ["2006-02-30", "2006-13-01", "2006-03-07 25:00", "20060307", "2006", "7/3/2006", "", "1"],
)
def test_what_is_no_time_is_told_apart(text: str) -> None:
    seconds, is_time = in_seconds(pa.array([text, "1970-01-02"]), "iso8601")
    assert is_time.tolist() == [False, True]
    assert seconds.tolist() == [0, 86_400]
