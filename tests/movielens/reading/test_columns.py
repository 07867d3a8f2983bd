"""Headers and last lines of files."""

import gzip
from collections.abc import Mapping

import pytest

from movielens.errors import SourceError
from movielens.reading.columns import check_tail, read_header
from movielens.reading.layouts import (
    CSV_LAYOUT,
    DAT_LAYOUT,
    MOVIE_COLUMNS,
    RATING_COLUMNS,
    Table,
)

RATINGS = CSV_LAYOUT.ratings


def columns_of(head: bytes, renamed: Mapping[str, str] | None = None) -> tuple[str, ...]:
    return read_header("r", head, RATINGS, RATING_COLUMNS, renamed or {}).columns


@pytest.mark.parametrize(
    "header",
    [
        b"\xef\xbb\xbfuserId,movieId,rating,timestamp\r\n",
        b'"userId","movieId","rating","timestamp"\n',
        b" userId , movieId,rating,timestamp\n",
    ],
)
def test_the_published_header_passes_with_its_variations(header: bytes) -> None:
    assert columns_of(header + b"1,2,3,4") == RATING_COLUMNS


def test_columns_may_be_in_any_order_and_among_others() -> None:
    columns = columns_of(b'"",timestamp,rating,"a, b",movieId,userId,\n,1,2,3,4,5,\n')
    assert columns == ("", "timestamp", "rating", "a, b", "movieId", "userId", "")


def test_columns_are_renamed_as_configured() -> None:
    renamed = {"user": "userId", "item": "movieId", "stars": "rating", "title": "movieId"}
    assert columns_of(b"item,user,timestamp,stars\n1,2,3,4\n", renamed) == (
        "movieId",
        "userId",
        "timestamp",
        "rating",
    )


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"user_id,movieId,rating,timestamp", r"r has no column userId: .*{user_id = 'userId'}"),
        (b"userid,movieId,rating,timestamp", r"no column userId: .*{userid = 'userId'}"),
        (b"userId,item_id,rating,timestamp", r"no column movieId: .*{item_id = 'movieId'}"),
        (b"userId,movie,rating,timestamp", r"no column movieId: .*{movie = 'movieId'}"),
        (b"userId,movieId,score,timestamp", r"no column rating: .*{score = 'rating'}"),
        (b"userId,movieId,rating,time", r"no column timestamp: .*{time = 'timestamp'}"),
        (b"userId,movieId,rating,when", r"no column timestamp: .*{NAME = 'timestamp'}"),
        (b"userId,movieId,rating,rating,timestamp", "several columns rating"),
        (b"userId;movieId;rating;timestamp", r"separated by commas.*'userId;movieId;rating"),
        (b"1,31,2.5,1260759144", r"should name userId, movieId.*Received: '1,31,2.5,1260759144'"),
    ],
)
def test_another_header_is_refused_with_what_to_set(header: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        columns_of(header + b"\n1,2,3,4\n")


def test_a_name_of_another_movies_file_is_suggested() -> None:
    with pytest.raises(SourceError, match=r"m has no column title: .*{name = 'title'}"):
        read_header("m", b"movieId,name,genres\n1,A,War\n", CSV_LAYOUT.movies, MOVIE_COLUMNS, {})


@pytest.mark.parametrize(
    ("head", "table", "message"),
    [
        (b"", DAT_LAYOUT.ratings, r"r is empty"),
        (b"userId,movieId,rating,timestamp\n", RATINGS, "r has a header but no rows"),
    ],
)
def test_a_file_without_rows_is_refused(head: bytes, table: Table, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_header("r", head, table, RATING_COLUMNS, {})


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (gzip.compress(b"userId", mtime=0), "r is packed by gzip: extract it"),
        (b"PK\x03\x04rest", "r is a zip archive: extract it"),
        ("userId,movieId".encode("utf-16"), "r is UTF-16: convert it to UTF-8"),
    ],
)
def test_a_packed_file_is_refused(head: bytes, message: str) -> None:
    for table in (RATINGS, DAT_LAYOUT.ratings):
        with pytest.raises(SourceError, match=message):
            read_header("r", head, table, RATING_COLUMNS, {})


@pytest.mark.parametrize(
    "tail",
    [
        b"1,31,2.5,1260759144\n1,1029,3",
        b"1,31,2.5,1260759144\n1,1029,3.0,12607",
        b"1,1029,3.0,",
        b'1,31,2.5,"1260759144"\n1,1029,3.0,"12607591',
    ],
)
def test_file_cut_in_the_middle_of_a_line_is_refused(tail: bytes) -> None:
    with pytest.raises(SourceError, match=r"r ends in the middle of a line \('1,1029,3"):
        check_tail("r", tail, RATINGS, "s")


@pytest.mark.parametrize(
    "tail",
    [
        b"1,31,2.5,1260759144\n",
        b"1,31,2.5,1260759144\n1,1029,3.0,1260759179",
        b"h\n1,2,3,4",
        b"userId,movieId,rating,timestamp\n1,2,3,4",
        b'1,31,2.5,1260759144\n\n"1","1029","3.0","1260759179"',
    ],
)
def test_whole_last_line_passes_with_or_without_its_line_end(tail: bytes) -> None:
    check_tail("r", tail, RATINGS, "s")


def test_text_of_a_time_may_be_cut_too() -> None:
    whole = b"1,31,2.5,2009-12-14 02:52:24\n1,32,2.5,2009-12-14 02:52:24"
    check_tail("r", whole, RATINGS, "iso8601")
    with pytest.raises(SourceError, match="middle of a line"):
        check_tail("r", whole[:-12], RATINGS, "iso8601")


def test_movies_file_cut_inside_quotes_is_refused() -> None:
    tail = b'1,A,War\n11,"American President, The (19'
    with pytest.raises(SourceError, match=r"movies\.csv ends in the middle of a line"):
        check_tail("movies.csv", tail, CSV_LAYOUT.movies, "s")
