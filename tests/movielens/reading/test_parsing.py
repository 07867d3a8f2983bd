import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from movielens.config import TimestampUnit
from movielens.reading.layouts import (
    CSV_LAYOUT,
    DAT_LAYOUT,
    HUNDRED_K_LAYOUT,
    Layout,
)
from movielens.reading.movies import MovieTable, parse_movies
from movielens.reading.parsing import parse_ratings
from movielens.reading.quarantine import Reason

HEADER = b"userId,movieId,rating,timestamp\n"
GOOD = (1, 31, 2.5, 1260759144)


@pytest.fixture
def movies() -> MovieTable:
    lines = b"movieId,title,genres\n31,Dangerous Minds (1995),Drama\n1029,Dumbo (1941),Animation\n"
    return parse_movies(lines, CSV_LAYOUT).table


@pytest.mark.parametrize(
    ("layout", "block"),
    [
        (CSV_LAYOUT, HEADER + b"1,31,2.5,1260759144\n7,1029,4.0,851866703\n"),
        (CSV_LAYOUT, b"\xef\xbb\xbf" + HEADER + b"1,31,2.5,1260759144\r\n7,1029,4,851866703"),
        (DAT_LAYOUT, b"1::31::2.5::1260759144\n7::1029::4::851866703\n"),
        (HUNDRED_K_LAYOUT, b"1\t31\t2.5\t1260759144\n7\t1029\t4\t851866703\n"),
    ],
)
def test_every_layout_parses_to_the_same_rows(
    layout: Layout, block: bytes, movies: MovieTable
) -> None:
    parsed = parse_ratings(block, layout, movies)
    first = 2 if layout is CSV_LAYOUT else 1
    assert parsed.rows.tolist() == [(*GOOD, first), (7, 1029, 4.0, 851866703, first + 1)]
    assert parsed.read == 2
    assert not parsed.rejects.shown


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1,31,2.5", Reason.FIELD_COUNT),
        (b"1,31,2.5,1260759144,5", Reason.FIELD_COUNT),
        (b"garbage", Reason.FIELD_COUNT),
        (b",,,", Reason.USER_NUMBER),
        (b"one,31,2.5,1260759144", Reason.USER_NUMBER),
        (b"+4,31,2.5,1260759144", Reason.USER_NUMBER),
        (b"0x1,31,2.5,1260759144", Reason.USER_NUMBER),
        (b"1_0,31,2.5,1260759144", Reason.USER_NUMBER),
        (b"9223372036854775808,31,2.5,1260759144", Reason.USER_NUMBER),
        (b"1,31,,1260759144", Reason.RATING_NUMBER),
        (b"1,31,nan,1260759144", Reason.RATING_NUMBER),
        (b"1,31,\xff,1260759144", Reason.RATING_NUMBER),
        (b"1,31,+4,1260759144", Reason.RATING_NUMBER),
        (b"1,31,2.5,2009-12-14", Reason.TIME_NUMBER),
        (b"1,31,2.5,1260759144.0", Reason.TIME_NUMBER),
        (b"1,3.1,2.5,1260759144", Reason.MOVIE_NUMBER),
        (b"1,tt0000031,2.5,1260759144", Reason.MOVIE_NUMBER),
        (b"1,31,2.5,99999999999999999999", Reason.TIME_NUMBER),
        (b'1,31,2.5,"1260759144', Reason.QUOTES),
        (b'1,31,2.5,"1260759144"0', Reason.QUOTES),
        (b'1",31,2.5",1260759144', Reason.QUOTES),
        (b"1,31,2.5,1260759144\r1,31", Reason.FIELD_COUNT),
        (b"0,31,2.5,1260759144", Reason.USER_ID),
        (b"1,-31,2.5,1260759144", Reason.MOVIE_ID),
        (b"1,31,5.5,1260759144", Reason.SCALE),
        (b"1,31,0.0,1260759144", Reason.SCALE),
        (b"1,31,2.7,1260759144", Reason.SCALE),
        (b"1,31,2.5,-1", Reason.TOO_EARLY),
        (b"1,31,2.5,4102444800", Reason.TOO_LATE),
        (b"1,32,2.5,1260759144", Reason.UNKNOWN_MOVIE),
    ],
)
def test_bad_row_is_refused_with_line_and_reason_and_its_neighbours_kept(
    line: bytes, reason: Reason, movies: MovieTable
) -> None:
    block = HEADER + b"1,31,2.5,1260759144\n" + line + b"\n7,1029,4.0,851866703\n"
    parsed = parse_ratings(block, CSV_LAYOUT, movies)
    assert parsed.rows.tolist() == [(*GOOD, 2), (7, 1029, 4.0, 851866703, 4)]
    assert [tuple(row) for row in parsed.rejects.shown] == [
        ("ratings.csv", 3, reason, line.decode("utf-8", "replace"))
    ]
    assert parsed.read == 3


def test_lines_are_numbered_from_the_start_of_the_file(movies: MovieTable) -> None:
    parsed = parse_ratings(b"1,31,2.5,1\nbad\n1,1029,3.0,2\n", CSV_LAYOUT, movies, first_line=101)
    assert parsed.rows["line"].tolist() == [101, 103]
    assert parsed.rejects.shown[0].line == 102


def test_blank_lines_are_no_rows_but_keep_their_numbers(movies: MovieTable) -> None:
    parsed = parse_ratings(HEADER + b"1,31,2.5,1\n\n \n1,1029,3.0,2\n\n", CSV_LAYOUT, movies)
    assert parsed.rows["line"].tolist() == [2, 5]
    assert parsed.read == 2
    assert not parsed.rejects.counts


def test_nineteen_digits_are_read_with_or_without_a_blank_line(movies: MovieTable) -> None:
    """One kind of id must not depend on whether another line of the file is odd."""
    line = b"1234567890123456001,31,2.5,1260759144\n"
    for block in (line, line + b"\n", line + b"odd\n"):
        rows = parse_ratings(HEADER + block, CSV_LAYOUT, movies).rows
        assert rows["user_id"].tolist() == [1234567890123456001]
    largest = b"9223372036854775807,31,2.5,1260759144"
    assert parse_ratings(largest, CSV_LAYOUT, movies, 9).rows["user_id"].tolist() == [2**63 - 1]


def test_every_field_may_be_quoted(movies: MovieTable) -> None:
    block = (
        b'"userId","movieId","rating","timestamp"\n"1","31","2.5","1260759144"\r\n7,"1029",4,9\n'
    )
    parsed = parse_ratings(block, CSV_LAYOUT, movies)
    assert parsed.rows.tolist() == [(*GOOD, 2), (7, 1029, 4.0, 9, 3)]
    assert not parsed.rejects.counts


def test_columns_may_be_in_any_order_and_among_others(movies: MovieTable) -> None:
    columns = ("timestamp", "review", "movieId", "userId", "", "rating")
    layout = replace(CSV_LAYOUT, ratings=replace(CSV_LAYOUT.ratings, columns=columns))
    block = 'h\n1260759144,"so, ""so"" é",31,1,,2.5\n1,2,3\n'.encode("latin-1")
    parsed = parse_ratings(block, layout, movies)
    assert parsed.rows.tolist() == [(*GOOD, 2)]
    assert parsed.rejects.counts == {Reason.FIELD_COUNT: 1}


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("ms", b"1260759144999"),
        ("us", b"1260759144000001"),
        ("ns", b"1260759144000000001"),
        ("iso8601", b"2009-12-14 02:52:24"),
        ("iso8601", b"2009-12-14T02:52:24.75Z"),
        ("iso8601", b'"2009-12-14T03:52:24+01:00"'),
    ],
)
def test_timestamps_of_other_units_become_seconds(
    unit: TimestampUnit, text: bytes, movies: MovieTable
) -> None:
    parsed = parse_ratings(b"1,31,2.5," + text, CSV_LAYOUT, movies, first_line=7, unit=unit)
    assert parsed.rows.tolist() == [(*GOOD, 7)]


def test_a_time_that_is_no_text_of_one_is_refused(movies: MovieTable) -> None:
    block = b"1,31,2.5,2009-12-14\n1,1029,2.5,1260759144\n"
    parsed = parse_ratings(block, CSV_LAYOUT, movies, first_line=2, unit="iso8601")
    assert parsed.rows["line"].tolist() == [2]
    assert parsed.rejects.counts == {Reason.TIME_TEXT: 1}


# What is in files, and what is nearly so.
FIELD = st.one_of(
    st.sampled_from(["1", "31", "1029", "2.5", "5", "1260759144", "", " 31 ", "-1", "+4", "0x1"]),
    st.sampled_from(
        ["9223372036854775807", "9223372036854775808", "1e1", ".5", "5.", "nan", "4_0"]
    ),
    st.text(alphabet='0159.-+eEx", \té\r', max_size=5),
)


def read_line_by_line(line: bytes, movies: MovieTable) -> tuple[Any, ...] | None:
    """A rating by Python's own means, one line at a time; None of one that cannot be used."""
    text = line.decode().removesuffix("\r").replace("\r", " ")
    if '"' in text and not re.fullmatch(r'([^",]*|"([^"]|"")*")(,([^",]*|"([^"]|"")*"))*', text):
        return None
    fields = [field.strip() for field in next(csv.reader([text]), [])]
    whole, decimal = r"-?[0-9]{1,19}", r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?"
    patterns = (whole, whole, decimal, whole)
    if len(fields) != 4 or not all(map(re.fullmatch, patterns, fields)):
        return None
    user, movie, stars, seconds = int(fields[0]), int(fields[1]), float(fields[2]), int(fields[3])
    is_known = movie in movies.movie_ids.tolist()
    if not (0 < user < 2**63 and is_known and stars in np.arange(1, 11) / 2):
        return None
    return (user, movie, stars, seconds) if 0 <= seconds < 4_102_444_800 else None


@given(st.lists(st.lists(FIELD, min_size=3, max_size=5).map(",".join), min_size=1, max_size=6))
@example(["1,31,2.5,-0", "1,31,2.5,00000000000000000001"])
@example(["1,31,1E50,1", "1,31,2.5,1"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_lines_in_bulk_are_read_as_each_by_itself(movies: MovieTable, texts: list[str]) -> None:
    """An odd line changes nothing for its neighbours."""
    block = "\n".join(texts).encode()
    lines = block.split(b"\n")
    parsed = parse_ratings(block, CSV_LAYOUT, movies, first_line=2)
    alone = [read_line_by_line(line, movies) for line in lines]
    expected = [(*row, number) for number, row in enumerate(alone, start=2) if row]
    assert parsed.rows.tolist() == expected
    blank = [number for number, line in enumerate(lines, start=2) if not line.strip()]
    refused = sorted(row.line for row in parsed.rejects.shown)
    assert refused == sorted(
        {*range(2, len(lines) + 2)} - {row[-1] for row in expected} - set(blank)
    )


def test_block_of_nothing_but_garbage_gives_no_rows(movies: MovieTable) -> None:
    parsed = parse_ratings(HEADER + b"a\nb\n", CSV_LAYOUT, movies)
    assert len(parsed.rows) == 0
    assert parsed.rejects.counts == {Reason.FIELD_COUNT: 2}


def test_header_alone_gives_no_rows(movies: MovieTable) -> None:
    assert parse_ratings(HEADER, CSV_LAYOUT, movies).read == 0


def test_an_odd_line_changes_nothing_for_the_real_ones(
    real_ratings: np.ndarray, real_movies: MovieTable, default_folder: Path
) -> None:
    block = (default_folder / "ratings.csv").read_bytes()
    parsed = parse_ratings(block + b'gar"bage\n', CSV_LAYOUT, real_movies)
    assert parsed.rejects.counts == {Reason.QUOTES: 1}
    np.testing.assert_array_equal(parsed.rows, real_ratings)
