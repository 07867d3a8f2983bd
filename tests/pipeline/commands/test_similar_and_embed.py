"""`movielens similar` and `movielens embed` against a server that answers as told."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import main
from tests.support.canned_server import CannedService, served

RunCommand = Callable[..., int]

CATALOGUE = (
    "movieId,title,genres\n1,Toy Story (1995),Animation\n3114,Toy Story 2 (1999),Animation\n"
)
ANSWERS = {
    "similar": {
        "movie_ids": np.array([[3114, -1]]),
        "scores": np.array([[0.5, 0.0]], np.float32),
        "titles": np.array([["Toy Story 2 (1999)", ""]]),
    },
    "embed": {
        "embeddings": np.array([[0.25, -1.0]], np.float32),
        "similar_movie_ids": np.array([[1, 99, -1]]),
    },
}


@pytest.fixture
def service() -> CannedService:
    return CannedService(ANSWERS)


@pytest.fixture
def query(service: CannedService, tmp_path: Path) -> Iterator[RunCommand]:
    """Runs a command against the canned server, with a catalogue; returns the exit code."""
    catalogue = tmp_path / "movies.csv"
    catalogue.write_text(CATALOGUE, encoding="utf-8")
    with served(service) as target:
        yield lambda command, *flags: main(
            [command, f"--server={target}", f"--catalogue={catalogue}", *flags]
        )


def test_similar_takes_a_title_and_prints_a_table(
    query: RunCommand, service: CannedService, capsys: pytest.CaptureFixture[str]
) -> None:
    assert query("similar", "toy story", "-k", "2") == 0
    assert service.inputs == {"movie_ids": [1], "k": [2]}
    lines = capsys.readouterr().out.splitlines()
    assert "Like Toy Story (1995), by model version 12" in lines[0]
    assert lines[-1].split() == ["1", "3114", "Toy", "Story", "2", "(1999)", "0.5000"]


def test_similar_prints_json(query: RunCommand, capsys: pytest.CaptureFixture[str]) -> None:
    assert query("similar", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "movie_id": 1,
        "movies": [{"movie_id": 3114, "score": 0.5, "title": "Toy Story 2 (1999)"}],
        "model_version": 12,
    }


def test_embed_takes_title_and_genres_and_prints_a_table(
    query: RunCommand, service: CannedService, capsys: pytest.CaptureFixture[str]
) -> None:
    assert query("embed", "--title", "New (2031)", "--genre", "Action", "--genre", "War") == 0
    assert service.inputs == {"titles": [b"New (2031)"], "genres": [b"Action|War"]}
    lines = capsys.readouterr().out.splitlines()
    assert "model version 12, in 2 dimensions" in lines[0]
    assert lines[-2].split() == ["1", "1", "Toy", "Story", "(1995)"]
    assert lines[-1].split() == ["2", "99", "-"]


def test_embed_prints_json(query: RunCommand, capsys: pytest.CaptureFixture[str]) -> None:
    assert query("embed", "--title", "New", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "title": "New",
        "genres": [],
        "embedding": [0.25, -1.0],
        "similar_movie_ids": [1, 99],
        "model_version": 12,
    }


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["similar", "Toy Stori"], 'No movie is called "Toy Stori"'),
        (["similar", "1", "-k", "-1"], "0 or more. Received: -1"),
        (["embed", "--genre", "A|B"], "Give genres one by one"),
        (["embed", "--tls_key", "key.pem"], "certificate_chain=None"),
        (["embed", "--tls_ca", "none.pem"], "Cannot read the certificate file none.pem"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(
    query: RunCommand, capsys: pytest.CaptureFixture[str], command: list[str], message: str
) -> None:
    assert query(*command) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [["similar", ""], ["embed", "--title", " "], ["embed", "--genre", ""]]
)
def test_a_blank_name_is_bad_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) == 2
    assert "should not be blank" in capsys.readouterr().err
