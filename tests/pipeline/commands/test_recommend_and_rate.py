"""`movielens recommend` and `movielens rate` against a server that answers as told."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import main
from tests.support.canned_server import CannedService, served

RunCommand = Callable[..., int]

CATALOGUE = """movieId,title,genres
1,Toy Story (1995),Adventure|Animation
260,Star Wars: Episode IV - A New Hope (1977),Action
1411,Hamlet (1996),Drama
3723,Hamlet (1990),Drama
"""
ANSWERS = {
    "recommend": {
        "movie_ids": np.array([[260, 5]]),
        "scores": np.array([[4.5, 4.25]], np.float32),
        "titles": np.array([["Star Wars: Episode IV - A New Hope (1977)", "Amélie"]]),
        "tier": np.array(["model"]),
    },
    "rate": {
        "rating": np.array([[4.5, 1.25]], np.float32),
        "liked": np.array([[0.75, 0.125]], np.float32),
    },
}


@pytest.fixture
def service() -> CannedService:
    return CannedService(ANSWERS)


@pytest.fixture
def query(service: CannedService, tmp_path: Path) -> Iterator[RunCommand]:
    """Runs a command against the canned server, with a pushed catalogue; returns the exit code."""
    catalogue = tmp_path / "serving_model" / "movielens" / "3" / "assets.extra" / "movies.csv"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(CATALOGUE, encoding="utf-8")
    with served(service) as target:
        yield lambda command, *flags: main(
            [command, f"--server={target}", f"--output={tmp_path}", *flags]
        )


def test_likes_and_dislikes_become_the_history_in_the_order_given(
    query: RunCommand, service: CannedService
) -> None:
    code = query(
        *("recommend", "--like", "Toy Story (1995)", "--like", "777", "--dislike", "hamlet (1990)"),
        *("-k", "3", "--exclude", "260", "--exclude", "Hamlet (1996)"),
    )
    assert code == 0
    assert service.signature_name == "recommend"
    assert service.inputs == {
        "history_movie_ids": [[-1, 1, 777, 3723]],
        "history_ratings": [[0.0, 5.0, 5.0, 1.0]],
        "exclude_movie_ids": [[-1, 260, 1411]],
        "k": [3],
    }


def test_rating_sets_the_stars_of_the_likes(query: RunCommand, service: CannedService) -> None:
    assert query("recommend", "--like", "1", "--dislike", "2", "--rating", "4.5") == 0
    assert service.inputs["history_ratings"] == [[0.0, 4.5, 1.0]]


def test_no_likes_ask_for_popular_movies(query: RunCommand, service: CannedService) -> None:
    assert query("recommend") == 0
    assert service.inputs["history_movie_ids"] == [[-1]]


def test_recommendations_are_printed_as_a_table(
    query: RunCommand, capsys: pytest.CaptureFixture[str]
) -> None:
    assert query("recommend", "--like", "1") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert "version 12" in " ".join(lines[0])
    assert lines[-1] == ["2", "5", "Amélie", "4.2500"]


def test_recommendations_are_printed_as_json(
    query: RunCommand, capsys: pytest.CaptureFixture[str]
) -> None:
    assert query("recommend", "--like", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "tier": "model",
        "movies": [
            {
                "movie_id": 260,
                "score": 4.5,
                "title": "Star Wars: Episode IV - A New Hope (1977)",
            },
            {"movie_id": 5, "score": 4.25, "title": "Amélie"},
        ],
        "model_version": 12,
    }


def test_ratings_are_printed_with_titles_where_known(
    query: RunCommand, service: CannedService, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--like", "1", "--candidate", "Toy Story", "--candidate", "99", "--json")
    assert query("rate", *flags) == 0
    assert service.inputs["candidate_movie_ids"] == [[1, 99]]
    assert json.loads(capsys.readouterr().out) == {
        "ratings": [
            {"movie_id": 1, "rating": 4.5, "liked": 0.75, "title": "Toy Story (1995)"},
            {"movie_id": 99, "rating": 1.25, "liked": 0.125, "title": None},
        ]
    }


def test_ratings_are_printed_as_a_table(
    query: RunCommand, capsys: pytest.CaptureFixture[str]
) -> None:
    assert query("rate", "--candidate", "1", "--candidate", "99") == 0
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert last == ["99", "-", "1.2500", "0.1250"]


def test_ids_need_no_catalogue(query: RunCommand, service: CannedService, tmp_path: Path) -> None:
    flags = ("--like", "1", "--candidate", "2", "--candidate", "3", "--output", str(tmp_path / "x"))
    assert query("rate", *flags) == 0
    assert service.inputs["history_movie_ids"] == [[-1, 1]]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--like", "Toy Stori"],
            'No movie is called "Toy Stori". Close ones: "Toy Story (1995)" (id 1)',
        ),
        (
            ["--dislike", "Hamlet"],
            '"Hamlet" is the title of 2 movies: "Hamlet (1996)" (id 1411), "Hamlet (1990)"',
        ),
        (["--like", ""], "argument --like: should not be blank. Received: ''"),
        (["--dislike", " "], "argument --dislike: should not be blank. Received: ' '"),
        (["--exclude", ""], "argument --exclude: should not be blank"),
        (["--exclude", "Toy Stori"], 'No movie is called "Toy Stori"'),
        (["--like", "1", "--rating", "6"], "--rating must be between 0.5 and 5.0"),
        (["-k", "-1"], "k must be a number of movies, 0 or more. Received: -1"),
        (["--timeout", "0"], "timeout must be a positive number of seconds. Received: 0.0"),
        (["--like", "9" * 19], "A movie id is at most 9223372036854775807"),
        (["--like", "x", "--catalogue", "none.csv"], "Cannot read the catalogue none.csv"),
        (["--like", "x", "--output", "nowhere"], "No catalogue to look titles up"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(
    query: RunCommand, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    assert query("recommend", *flags) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize("candidate", [[], ["--candidate", ""]])
def test_rate_needs_a_candidate(
    query: RunCommand, capsys: pytest.CaptureFixture[str], candidate: list[str]
) -> None:
    assert query("rate", "--like", "1", *candidate) == 2
    assert "--candidate" in capsys.readouterr().err


def test_unreachable_server_is_one_line_with_the_remedy_and_exit_code_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as unused:
        unused.bind(("localhost", 0))
        target = f"localhost:{unused.getsockname()[1]}"
        assert main(["recommend", "--like", "1", "--server", target]) == 1
    printed = capsys.readouterr().err
    assert f"No model server answers at {target}" in printed
    assert "movielens serve" in printed
    assert len(printed.splitlines()) == 1
