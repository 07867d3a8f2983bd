import unicodedata
from dataclasses import replace

import numpy as np
import pytest

from movielens.reading.layouts import (
    CSV_LAYOUT,
    DAT_LAYOUT,
    HUNDRED_K_LAYOUT,
    Layout,
)
from movielens.reading.movies import MovieTable, NotUtf8, parse_movies
from movielens.reading.quarantine import Reason

HEADER = b"movieId,title,genres\n"


def parse(lines: bytes, layout: Layout = CSV_LAYOUT) -> MovieTable:
    parsed = parse_movies(lines, layout)
    assert not parsed.rejects.shown
    return parsed.table


def test_comma_and_quotes_in_a_title_are_kept() -> None:
    table = parse(HEADER + b'11,"Good, the ""Bad"", The (1966)",Western\n')
    assert table.titles.to_pylist() == [b'Good, the "Bad", The (1966)']


def test_movie_without_year_keeps_its_title() -> None:
    assert parse(HEADER + b"7,Babylon 5,Sci-Fi\n").titles.to_pylist() == [b"Babylon 5"]


@pytest.mark.parametrize("genres", [b"(no genres listed)", b""])
def test_movie_without_genres_has_an_empty_list(genres: bytes) -> None:
    assert parse(HEADER + b"7,X (2000)," + genres + b"\n").genres.to_pylist() == [[]]


def test_the_largest_id_is_one() -> None:
    assert parse(HEADER + b"9223372036854775807,X,War\n").movie_ids.tolist() == [2**63 - 1]


def test_movie_without_title_has_an_empty_one() -> None:
    assert parse(HEADER + b"7,,Drama\n").titles.to_pylist() == [b""]


def test_a_latin_1_title_is_read_and_counted() -> None:
    lines = HEADER + b"5,Heat (1995),Crime\n" + "7,Amélie (2001),Comedy\n".encode("latin-1")
    parsed = parse_movies(lines, CSV_LAYOUT)
    assert parsed.table.titles.to_pylist() == [b"Heat (1995)", "Amélie (2001)".encode()]
    assert parsed.not_utf8 == NotUtf8(1, "cp1252", 3, "Amélie (2001)")
    assert parse_movies(HEADER + b"5,Heat (1995),Crime\n", CSV_LAYOUT).not_utf8 is None


KOREAN = "기생충 (2019)"


def test_a_named_encoding_reads_what_is_not_utf_8() -> None:
    lines = HEADER + f"5,{KOREAN},Drama\n".encode("cp949") + f"6,{KOREAN},Drama\n".encode()
    parsed = parse_movies(lines, CSV_LAYOUT, encoding="cp949")
    assert parsed.table.titles.to_pylist() == [KOREAN.encode()] * 2
    assert parsed.not_utf8 == NotUtf8(1, "cp949", 2, KOREAN)


@pytest.mark.parametrize(("title", "encoding"), [(b"\x81\x8d", None), (b"\xff\xff", "cp949")])
def test_a_title_that_is_no_text_is_refused(title: bytes, encoding: str | None) -> None:
    """Windows-1252 has no character at some bytes, where Latin-1 has control characters."""
    parsed = parse_movies(HEADER + b"5," + title + b",Drama\n", CSV_LAYOUT, encoding)
    assert parsed.rejects.counts == {Reason.ENCODING: 1}


def test_titles_are_in_normal_form_c() -> None:
    decomposed = unicodedata.normalize("NFD", KOREAN)
    assert parse(HEADER + f"5,{decomposed},Drama\n".encode()).titles.to_pylist() == [
        KOREAN.encode()
    ]


def test_columns_may_be_in_any_order_and_have_line_breaks() -> None:
    columns = ("overview", "title", "movieId", "genres")
    layout = replace(CSV_LAYOUT, movies=replace(CSV_LAYOUT.movies, columns=columns))
    lines = b'h\n"A man,\r\na ""plan"",\n\na canal","Up (2009)","7",Drama\nx,B,9,"War"\n'
    parsed = parse_movies(lines, layout)
    assert not parsed.rejects.shown
    assert parsed.table.movie_ids.tolist() == [7, 9]
    assert parsed.table.titles.to_pylist() == [b"Up (2009)", b"B"]
    assert parsed.rows == 2


def test_movies_are_sorted_by_id() -> None:
    table = parse(HEADER + b"9,B,Drama\n3,A,War\n")
    assert table.movie_ids.tolist() == [3, 9]
    assert table.titles.to_pylist() == [b"A", b"B"]


def test_dat_genres_take_their_modern_spelling() -> None:
    table = parse(b"1::Toy Story (1995)::Animation|Children's|Comedy\n", DAT_LAYOUT)
    assert table.genres.to_pylist() == [[b"Animation", b"Children", b"Comedy"]]


def test_genre_flags_of_the_100k_layout_become_names() -> None:
    flags = ["0"] * 19
    flags[3] = flags[4] = flags[5] = "1"  # Animation, Children's, Comedy
    line = "1|Toy Story (1995)|01-Jan-1995||http://imdb|" + "|".join(flags) + "\n"
    table = parse(line.encode(), HUNDRED_K_LAYOUT)
    assert table.genres.to_pylist() == [[b"Animation", b"Children", b"Comedy"]]


def test_unknown_genre_flag_of_the_100k_layout_is_no_genre() -> None:
    line = "267|unknown||||1|" + "|".join(["0"] * 18) + "\n"
    assert parse(line.encode(), HUNDRED_K_LAYOUT).genres.to_pylist() == [[]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"5,Only a title", Reason.FIELD_COUNT),
        (b'5,"Never closed,Drama', Reason.QUOTES),
        (b'5,"Weird Al" Forever,Drama', Reason.QUOTES),
        (b"five,X,Drama", Reason.MOVIE_NUMBER),
        (b"0x5,X,Drama", Reason.MOVIE_NUMBER),
        (b"9223372036854775808,X,Drama", Reason.MOVIE_NUMBER),
        (b"-5,X,Drama", Reason.MOVIE_ID),
        (b"1,Again,Drama", Reason.DUPLICATE_MOVIE),
    ],
)
def test_bad_row_is_refused_with_line_and_reason(line: bytes, reason: Reason) -> None:
    parsed = parse_movies(HEADER + b"1,A,War\n" + line + b"\n2,B,War\n", CSV_LAYOUT)
    assert parsed.table.movie_ids.tolist() == [1, 2]
    assert [tuple(row) for row in parsed.rejects.shown] == [
        ("movies.csv", 3, reason, line.decode())
    ]
    assert parsed.rows == 3


def test_windows_line_ends_and_blank_lines_are_no_part_of_a_movie() -> None:
    parsed = parse_movies(HEADER + b"1,A,War\r\n\r\n", CSV_LAYOUT)
    assert parsed.table.genres.to_pylist() == [[b"War"]]
    assert parsed.rows == 1


def test_table_knows_its_movies_and_finds_their_rows() -> None:
    table = parse(HEADER + b"3,A,War\n9,B,Drama\n")
    assert table.knows(np.array([9, 4, 3, 10])).tolist() == [True, False, True, False]
    assert table.positions(np.array([9, 3, 9])).tolist() == [1, 0, 1]


def test_position_of_an_unknown_movie_is_an_error() -> None:
    with pytest.raises(KeyError, match="movie 4 is not in the movies file"):
        parse(HEADER + b"3,A,War\n").positions(np.array([3, 4]))


def test_empty_table_knows_no_movie() -> None:
    assert parse(HEADER).knows(np.array([1])).tolist() == [False]
