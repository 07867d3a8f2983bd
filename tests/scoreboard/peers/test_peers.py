"""Peers on a world small enough to know their answers."""

import importlib

import numpy as np
import pyarrow as pa
import pytest

from movielens.config import IngestConfig
from movielens.ratings import RATING_ROW
from movielens.reading.movies import MovieTable
from movielens.splits import EVAL, TEST, TRAIN
from scoreboard.data.rated_movies import RatedMovies
from scoreboard.measuring.answers import Answers, Question
from scoreboard.measuring.list_tasks import list_task
from scoreboard.peers.registry import PEERS, ask_peer

# user, movie, stars, split. Movies 1 and 2 are liked together, movie 3 by more users alone.
RATINGS = [
    (1, 1, 5.0, TRAIN), (1, 2, 5.0, TRAIN),
    (2, 1, 4.0, TRAIN), (2, 2, 4.0, EVAL),
    (3, 3, 5.0, TRAIN), (4, 3, 5.0, TRAIN), (5, 3, 4.5, TRAIN),
    (6, 1, 5.0, TRAIN), (6, 2, 4.0, TEST), (6, 4, 1.0, TEST),
]  # fmt: skip


@pytest.fixture
def rated() -> RatedMovies:
    rows = np.zeros(len(RATINGS), RATING_ROW)
    users, movies, stars, codes = (np.array(column) for column in zip(*RATINGS, strict=True))
    rows["user_id"], rows["movie_id"], rows["rating"] = users, movies, stars
    rows["timestamp"] = rows["line"] = np.arange(len(rows))
    table = MovieTable(
        movie_ids=np.arange(1, 6),
        titles=pa.array([b"A (2000)"] * 5, pa.binary()),
        genres=pa.array([[b"Drama"]] * 5, pa.list_(pa.binary())),
    )
    return RatedMovies(rows, codes.astype(np.int8), table, IngestConfig())


def test_a_task_asks_users_with_a_liked_test_movie(rated: RatedMovies) -> None:
    task = list_task(rated)
    assert task.user_ids.tolist() == [6]
    assert task.relevant[6].tolist() == [2]
    assert task.seen[6].tolist() == [1]
    assert task.raters.tolist() == [3, 2, 3, 0, 0]
    assert task.users == 6


def ask(name: str, rated: RatedMovies) -> Answers:
    return ask_peer(name, Question(rated=rated, task=list_task(rated)), seed=0)


@pytest.mark.parametrize("ranker", ["ease", "item-knn"])
def test_neighbourhood_methods_put_what_was_liked_together_first(
    rated: RatedMovies, ranker: str
) -> None:
    lists = ask(ranker, rated).lists
    assert lists[0, 0] == 2
    assert 1 not in lists[0]


def test_most_popular_puts_the_most_liked_unseen_movie_first(rated: RatedMovies) -> None:
    assert ask("most-popular", rated).lists[0].tolist() == [3, 2, 4, 5, *[-1] * 6]


def test_the_bias_adds_a_damped_movie_mean_and_a_damped_user_residual(rated: RatedMovies) -> None:
    predictions = ask("user-item-bias", rated).rows
    mean = (5 + 5 + 4 + 4 + 5 + 5 + 4.5 + 5) / 8
    movie_1 = mean + (5 + 4 + 5 - 3 * mean) / (3 + 3)
    user_6 = (5 - movie_1) / (1 + 5)
    movie_2 = mean + (5 + 4 - 2 * mean) / (2 + 3)
    expected = [movie_2 + user_6, mean + user_6]  # nobody has rated movie 4
    assert predictions.liked_scores.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("name", PEERS)
def test_every_peer_of_the_registry_has_a_function(name: str) -> None:
    module, _, function = PEERS[name].function.partition(".")
    assert callable(getattr(importlib.import_module(f"scoreboard.peers.{module}"), function))
