from pathlib import Path

import pytest

from movielens.reading.source import content_fingerprint
from scoreboard import fingerprints
from scoreboard.cells import Cell
from scoreboard.fingerprints import data_fingerprint, source_fingerprint


def test_an_edit_of_a_file_or_of_one_in_a_folder_changes_the_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "ROOT", tmp_path)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "one.py").write_text("a = 1")
    (tmp_path / "alone.py").write_text("b = 1")
    seen = set()
    for edited in (None, "package/one.py", "alone.py", "package/new.py"):
        if edited:
            (tmp_path / edited).write_text("edited = True")
        source_fingerprint.cache_clear()
        seen.add(source_fingerprint("package", "alone.py"))
    source_fingerprint.cache_clear()
    assert len(seen) == 4


def test_every_source_that_a_cell_depends_on_exists() -> None:
    source_fingerprint.cache_clear()
    for objective in ("mse", ""):
        cell = Cell(protocol="random", model="svd", objective=objective, seed=0)
        assert cell.fingerprint("of-data").endswith("-of-data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2,3.0,4\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n2,A (2000),Drama\n")
    return tmp_path


@pytest.mark.parametrize("edited", ["ratings.csv", "movies.csv"])
def test_an_edit_of_ratings_or_movies_changes_the_fingerprint(folder: Path, edited: str) -> None:
    before = data_fingerprint(folder)
    text = (folder / edited).read_text()
    (folder / edited).write_text(text.replace("2,", "3,"))
    assert data_fingerprint(folder) != before
    (folder / edited).write_text(text)
    assert data_fingerprint(folder) == before


def test_what_moves_from_one_file_to_the_other_changes_the_fingerprint(folder: Path) -> None:
    before = data_fingerprint(folder)
    ratings, movies = folder / "ratings.csv", folder / "movies.csv"
    movies.write_bytes(ratings.read_bytes()[-1:] + movies.read_bytes())
    ratings.write_bytes(ratings.read_bytes()[:-1])
    assert data_fingerprint(folder) != before


def test_files_that_are_not_read_do_not_count(folder: Path) -> None:
    before = data_fingerprint(folder)
    (folder / "links.csv").write_text("movieId,imdbId,tmdbId\n")
    assert data_fingerprint(folder) == before


def test_the_fingerprint_is_the_one_that_the_pipeline_knows_the_files_by(folder: Path) -> None:
    assert data_fingerprint(folder) == content_fingerprint(str(folder))
