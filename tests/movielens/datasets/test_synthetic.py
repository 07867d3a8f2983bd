from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from movielens.datasets.synthetic import write_synthetic
from movielens.errors import IngestConfigError, OutputExistsError
from movielens.reading.layouts import CSV_LAYOUT
from movielens.reading.movies import MovieTable, parse_movies
from movielens.reading.parsing import parse_ratings


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[MovieTable, npt.NDArray[np.void]]:
    folder = tmp_path_factory.mktemp("made")
    write_synthetic(folder, users=500, movies=1000, ratings=40_000, seed=1)
    movies = parse_movies((folder / "movies.csv").read_bytes(), CSV_LAYOUT)
    ratings = parse_ratings((folder / "ratings.csv").read_bytes(), CSV_LAYOUT, movies.table)
    assert not movies.rejects.shown
    assert not ratings.rejects.shown
    return movies.table, ratings.rows


def test_numbers_are_met_exactly_without_duplicates(made: Any) -> None:
    movies, rows = made
    assert len(movies) == 1000
    assert len(rows) == 40_000
    assert len(np.unique(rows["user_id"])) == 500
    assert len(np.unique(rows["user_id"] * 1_000_000 + rows["movie_id"])) == 40_000


def test_popularity_and_activity_are_long_tailed(made: Any) -> None:
    _, rows = made
    for column in ("user_id", "movie_id"):
        counts = np.sort(np.unique(rows[column], return_counts=True)[1])[::-1]
        assert counts[: len(counts) // 10].sum() > 0.25 * counts.sum()


def test_ratings_can_be_learned_from(made: Any) -> None:
    _, rows = made
    _, movie = np.unique(rows["movie_id"], return_inverse=True)
    means = np.bincount(movie, rows["rating"]) / np.bincount(movie)
    explained = 1 - np.var(rows["rating"] - means[movie]) / np.var(rows["rating"])
    assert explained > 0.1


def test_titles_are_distinct_and_carry_years(made: Any) -> None:
    movies, _ = made
    titles = [title.decode() for title in movies.titles.to_pylist()]
    assert len(set(titles)) == 1000
    assert all(title[-6] == "(" and title[-5:-1].isdigit() for title in titles)


def test_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    numbers = {"users": 20, "movies": 50, "ratings": 200}
    first = write_synthetic(tmp_path / "a", **numbers, seed=5)
    second = write_synthetic(tmp_path / "b", **numbers, seed=5)
    third = write_synthetic(tmp_path / "c", **numbers, seed=6)
    ratings = [(folder / "ratings.csv").read_bytes() for folder in (first, second, third)]
    assert ratings[0] == ratings[1] != ratings[2]


@pytest.mark.parametrize(
    ("users", "movies", "ratings", "message"),
    [
        (10, 20, 9, "ratings should be from 10 .* to 100 .* Received: 9"),
        (10, 20, 101, "ratings should be from 10 .* to 100 .* Received: 101"),
        (0, 20, 5, "users should be at least 1. Received: 0"),
        (5, 1, 5, "movies should be at least 2. Received: 1"),
    ],
)
def test_impossible_numbers_are_refused(
    tmp_path: Path, users: int, movies: int, ratings: int, message: str
) -> None:
    with pytest.raises(IngestConfigError, match=message):
        write_synthetic(tmp_path, users=users, movies=movies, ratings=ratings)


def test_half_of_all_pairs_can_be_reached(tmp_path: Path) -> None:
    write_synthetic(tmp_path, users=10, movies=20, ratings=100)
    assert len((tmp_path / "ratings.csv").read_bytes().splitlines()) == 101


def test_data_that_are_there_are_not_replaced(tmp_path: Path) -> None:
    write_synthetic(tmp_path, users=2, movies=4, ratings=4)
    with pytest.raises(OutputExistsError, match=r"ratings\.csv exists"):
        write_synthetic(tmp_path, users=2, movies=4, ratings=4)
