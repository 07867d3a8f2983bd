from pathlib import Path

import numpy as np
import pytest

from components.movielens_example_gen.layouts import (
    CSV_LAYOUT,
    DAT_LAYOUT,
    HUNDRED_K_LAYOUT,
    Layout,
)
from components.movielens_example_gen.movies import MovieTable, parse_movies
from components.movielens_example_gen.parsing import parse_ratings
from components.movielens_example_gen.quarantine import Reason

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
        (b"one,31,2.5,1260759144", Reason.NUMBER),
        (b"1,31,,1260759144", Reason.NUMBER),
        (b"1,31,nan,1260759144", Reason.NUMBER),
        (b"1,31,2.5,2009-12-14", Reason.NUMBER),
        (b"1,3.1,2.5,1260759144", Reason.NUMBER),
        (b"1,31,2.5,99999999999999999999", Reason.NUMBER),
        (b"1,31,\xff,1260759144", Reason.ENCODING),
        (b"0,31,2.5,1260759144", Reason.ID),
        (b"1,-31,2.5,1260759144", Reason.ID),
        (b"1,31,5.5,1260759144", Reason.SCALE),
        (b"1,31,0.0,1260759144", Reason.SCALE),
        (b"1,31,2.7,1260759144", Reason.SCALE),
        (b"1,31,2.5,-1", Reason.TIMESTAMP),
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
        ("ratings.csv", 3, reason, line.decode("latin-1"))
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


def test_block_of_nothing_but_garbage_gives_no_rows(movies: MovieTable) -> None:
    parsed = parse_ratings(HEADER + b"a\nb\n", CSV_LAYOUT, movies)
    assert len(parsed.rows) == 0
    assert parsed.rejects.counts == {Reason.FIELD_COUNT: 2}


def test_header_alone_gives_no_rows(movies: MovieTable) -> None:
    assert parse_ratings(HEADER, CSV_LAYOUT, movies).read == 0


def test_careful_way_agrees_with_the_fast_one_on_real_data(
    real_ratings: np.ndarray, real_movies: MovieTable, default_folder: Path
) -> None:
    block = (default_folder / "ratings.csv").read_bytes()
    parsed = parse_ratings(block + b"garbage\n", CSV_LAYOUT, real_movies)
    assert parsed.rejects.counts == {Reason.FIELD_COUNT: 1}
    np.testing.assert_array_equal(parsed.rows, real_ratings)
