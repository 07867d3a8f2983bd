from pathlib import Path
from typing import Self

import pytest

from pipeline.cli import main
from pipeline.commands import demo
from serving.client import RatedMovie, Recommendation, RecommendationList
from serving.client.catalogue import Catalogue, Movie
from serving.errors import ServerStartError

TOY_STORY = Movie(1, "Toy Story (1995)")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    catalogue = tmp_path / "serving_model" / "movielens" / "3" / "assets.extra" / "movies.csv"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(
        "movieId,title,genres\n1,Toy Story (1995),Comedy\n7,Sabrina (1995),Comedy\n"
        '4886,"Monsters, Inc. (2001)",Comedy\n',
        encoding="utf-8",
    )
    return tmp_path


class RecordedServer:
    """Stands in for the server's process: notes that it was started and stopped."""

    target = "localhost:12345"
    events: list[str]

    def __init__(self, model_base_path: Path, *, model_name: str, log_path: Path) -> None:
        self.events.append(f"{model_name} from {model_base_path.name}, log {log_path.name}")

    def __enter__(self) -> Self:
        self.events.append("started")
        return self

    def __exit__(self, *_: object) -> None:
        self.events.append("stopped")


class RecordedClient:
    """Stands in for the client: notes what is asked, answers one movie."""

    asked: list[object]

    def __init__(self, target: str) -> None:
        self.asked.append(target)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def recommend(self, histories: list[list[RatedMovie]], *, k: int) -> list[RecommendationList]:
        self.asked.extend([[movie.movie_id for movie in histories[0]], k])
        movie = Recommendation(movie_id=7, score=4.5, title="Sabrina (1995)")
        return [RecommendationList(tier="model", movies=(movie,), model_version=3)]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordedServer, "events", [], raising=False)
    monkeypatch.setattr(RecordedClient, "asked", [], raising=False)
    monkeypatch.setattr(demo, "ServerProcess", RecordedServer)
    monkeypatch.setattr(demo, "RecommenderClient", RecordedClient)


def test_demo_serves_asks_prints_titles_and_stops(
    output: Path, recorded: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", f"--output={output}", "-k", "5"]) == 0
    assert RecordedServer.events == [
        "movielens from movielens, log server.log",
        "started",
        "stopped",
    ]
    assert RecordedClient.asked == ["localhost:12345", [1, 4886], 5]
    printed = capsys.readouterr().out
    assert "Version 3" in printed
    assert "Toy Story (1995), Monsters, Inc. (2001)" in printed
    assert "Sabrina (1995)" in printed


def test_nothing_pushed_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", f"--output={tmp_path}"]) == 1
    printed = capsys.readouterr().err
    assert f"No model has been pushed to {tmp_path / 'serving_model' / 'movielens'}" in printed
    assert len(printed.splitlines()) == 1


def test_server_that_does_not_start_is_one_line_and_exit_code_1(
    output: Path,
    recorded: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(self: RecordedServer) -> None:
        raise ServerStartError("The model server ended with exit code 1.")

    monkeypatch.setattr(RecordedServer, "__enter__", fail)
    assert main(["demo", f"--output={output}"]) == 1
    assert "ended with exit code 1" in capsys.readouterr().err


def test_data_without_the_usual_films_are_asked_with_their_first() -> None:
    synthetic = Catalogue([Movie(number, f"Movie {number} (1990)") for number in range(1, 9)])
    assert [movie.movie_id for movie in demo._liked_movies(synthetic)] == [1, 2, 3]
    assert demo._liked_movies(Catalogue([TOY_STORY])) == [TOY_STORY]


def test_a_negative_number_of_movies_is_refused_before_a_server_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", f"--output={tmp_path}", "-k", "-1"]) == 2
    assert "-k must be a number of movies, 0 or more. Received: -1" in capsys.readouterr().err
