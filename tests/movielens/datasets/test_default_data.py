import hashlib
from pathlib import Path

import pytest

from movielens.datasets.default_data import write_default_data
from movielens.errors import OutputExistsError


def test_default_data_have_the_published_rows(default_folder: Path) -> None:
    ratings = (default_folder / "ratings.csv").read_text("utf-8").splitlines()
    assert ratings[:2] == ["userId,movieId,rating,timestamp", "1,31,2.5,1260759144"]
    assert len(ratings) == 100_005
    movies = (default_folder / "movies.csv").read_text("utf-8").splitlines()
    assert movies[:2] == [
        "movieId,title,genres",
        "1,Toy Story (1995),Adventure|Animation|Children|Comedy|Fantasy",
    ]
    assert len(movies) == 9_067


def test_titles_hold_commas_and_five_are_missing(default_folder: Path) -> None:
    movies = (default_folder / "movies.csv").read_text("utf-8").splitlines()
    assert '11,"American President, The (1995)",Comedy|Drama|Romance' in movies
    assert sum(",," in movie for movie in movies) == 5


def test_bytes_are_the_same_every_time(default_folder: Path, tmp_path: Path) -> None:
    write_default_data(tmp_path)
    for name in ("ratings.csv", "movies.csv"):
        first, second = ((folder / name).read_bytes() for folder in (default_folder, tmp_path))
        assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_complete_data_are_left_alone(default_folder: Path) -> None:
    before = (default_folder / "ratings.csv").stat().st_mtime_ns
    write_default_data(default_folder)
    assert (default_folder / "ratings.csv").stat().st_mtime_ns == before


def test_other_data_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputExistsError, match=r"ratings\.csv exists and holds other data"):
        write_default_data(tmp_path)
    assert (tmp_path / "ratings.csv").read_text("utf-8") == "mine"
