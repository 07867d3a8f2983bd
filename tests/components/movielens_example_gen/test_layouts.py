import pytest

from components.movielens_example_gen.errors import (
    EmptyFileError,
    MissingFileError,
    TruncatedFileError,
    UnknownLayoutError,
    WrongHeaderError,
)
from components.movielens_example_gen.layouts import (
    CSV_LAYOUT,
    DAT_LAYOUT,
    HUNDRED_K_LAYOUT,
    Layout,
    check_head,
    check_ratings_tail,
    recognise_layout,
)


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["README.txt", "links.csv", "movies.csv", "ratings.csv", "tags.csv"], CSV_LAYOUT),
        (["README", "movies.dat", "ratings.dat", "users.dat"], DAT_LAYOUT),
        (["u.data", "u.genre", "u.item", "u.user", "u1.base"], HUNDRED_K_LAYOUT),
    ],
)
def test_published_layout_is_recognised_by_its_files(names: list[str], layout: Layout) -> None:
    assert recognise_layout("folder", names) is layout


def test_folder_of_another_kind_is_refused_with_what_was_looked_for() -> None:
    expected = r"data is no MovieLens folder: looked for ratings\.csv \+ movies\.csv; .*notes\.txt"
    with pytest.raises(UnknownLayoutError, match=expected):
        recognise_layout("data", ["notes.txt"])


def test_folder_of_two_layouts_is_refused() -> None:
    with pytest.raises(UnknownLayoutError, match="several MovieLens layouts at once"):
        recognise_layout("data", ["ratings.csv", "movies.csv", "ratings.dat", "movies.dat"])


@pytest.mark.parametrize(
    ("present", "missing"), [("ratings.csv", "movies.csv"), ("u.item", "u.data")]
)
def test_missing_half_of_a_layout_is_named(present: str, missing: str) -> None:
    with pytest.raises(MissingFileError, match=f"data has {present} but no {missing}"):
        recognise_layout("data", [present])


def test_published_header_passes_with_a_byte_order_mark() -> None:
    head = b"\xef\xbb\xbfuserId,movieId,rating,timestamp\r\n1,2,3,4"
    check_head("r", head, CSV_LAYOUT.ratings_header)


def test_other_header_is_refused_with_what_was_expected() -> None:
    with pytest.raises(WrongHeaderError, match=r"'userId,movieId,rating,timestamp'.*'user,movie'"):
        check_head("r", b"user,movie\n1,2\n", CSV_LAYOUT.ratings_header)


def test_empty_file_is_refused() -> None:
    with pytest.raises(EmptyFileError, match=r"ratings\.dat is empty"):
        check_head("ratings.dat", b"", DAT_LAYOUT.ratings_header)


def test_header_without_rows_is_refused() -> None:
    with pytest.raises(EmptyFileError, match="r has a header but no rows"):
        check_head("r", b"userId,movieId,rating,timestamp\n", CSV_LAYOUT.ratings_header)


@pytest.mark.parametrize(
    "tail",
    [b"1,31,2.5,1260759144\n1,1029,3", b"1,31,2.5,1260759144\n1,1029,3.0,12607", b"1,1029,3.0,"],
)
def test_file_cut_in_the_middle_of_a_line_is_refused(tail: bytes) -> None:
    with pytest.raises(TruncatedFileError, match=r"r ends in the middle of a line \('1,1029,3"):
        check_ratings_tail("r", tail, CSV_LAYOUT)


@pytest.mark.parametrize(
    "tail", [b"1,31,2.5,1260759144\n", b"1,31,2.5,1260759144\n1,1029,3.0,1260759179", b"h\n1,2,3,4"]
)
def test_whole_last_line_passes_with_or_without_its_line_end(tail: bytes) -> None:
    check_ratings_tail("r", tail, CSV_LAYOUT)
