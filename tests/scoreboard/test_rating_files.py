from pathlib import Path

import pytest

from movielens.errors import MissingFileError, UnknownLayoutError
from scoreboard.rating_files import data_fingerprint, data_folder


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2,3.0,4\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n2,A (2000),Drama\n")
    return tmp_path


@pytest.mark.parametrize("edited", ["ratings.csv", "movies.csv"])
def test_an_edit_of_ratings_or_movies_changes_the_fingerprint(folder, edited):
    before = data_fingerprint(folder)
    text = (folder / edited).read_text()
    (folder / edited).write_text(text.replace("2,", "3,"))
    assert data_fingerprint(folder) != before
    (folder / edited).write_text(text)
    assert data_fingerprint(folder) == before


def test_what_moves_from_one_file_to_the_other_changes_the_fingerprint(folder):
    before = data_fingerprint(folder)
    ratings, movies = folder / "ratings.csv", folder / "movies.csv"
    movies.write_bytes(ratings.read_bytes()[-1:] + movies.read_bytes())
    ratings.write_bytes(ratings.read_bytes()[:-1])
    assert data_fingerprint(folder) != before


def test_files_that_are_not_read_do_not_count(folder):
    before = data_fingerprint(folder)
    (folder / "links.csv").write_text("movieId,imdbId,tmdbId\n")
    assert data_fingerprint(folder) == before


def test_a_folder_that_is_missing_or_holds_no_ratings_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=f"The data folder {__file__} is a file"):
        data_fingerprint(Path(__file__))
    with pytest.raises(MissingFileError, match=f"The data folder {tmp_path}/none does not exist"):
        data_fingerprint(tmp_path / "none")
    with pytest.raises(UnknownLayoutError, match=str(tmp_path)):
        data_fingerprint(tmp_path)


def test_without_a_folder_the_default_data_are_meant(tmp_path):
    assert data_folder(tmp_path / "mine", tmp_path) == tmp_path / "mine"
    written = data_folder(None, tmp_path)
    assert sorted(file.name for file in written.iterdir()) == ["movies.csv", "ratings.csv"]
    assert written.parent == tmp_path
