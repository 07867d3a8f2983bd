import pytest

from movielens.errors import (
    MissingFileError,
    UnknownLayoutError,
)
from movielens.reading.layouts import (
    CSV_LAYOUT,
    DAT_LAYOUT,
    HUNDRED_K_LAYOUT,
    KAGGLE_LAYOUT,
    Layout,
    recognise_layout,
)


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["README.txt", "links.csv", "movies.csv", "ratings.csv", "tags.csv"], CSV_LAYOUT),
        (["genome_scores.csv", "link.csv", "movie.csv", "rating.csv", "tag.csv"], KAGGLE_LAYOUT),
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


def test_a_packed_file_is_to_be_extracted() -> None:
    with pytest.raises(MissingFileError, match=r"data has ratings\.csv\.gz, .*\. Extract it"):
        recognise_layout("data", ["movies.csv", "ratings.csv.gz"])
