"""A model of the leaky protocol, made as a cell of the board makes it, meets the Pusher."""

import pytest

from components.atomic_pusher.executor import Executor
from components.atomic_pusher.leaky_mark import MARK_FILE, LeakyModelError
from scoreboard.data.protocol_data import prepare
from scoreboard.data.rated_movies import split_ratings
from scoreboard.measuring.list_tasks import list_task
from scoreboard.measuring.our_models import train_and_ask
from scoreboard.protocols import PROTOCOLS
from tests.support.pushing import bless, push_arguments
from trainer_module.config import TrainerConfig

USERS = 25


def trained(protocol, ratings, folder):
    """Trains on some users' ratings; the folder of the exported model, named as TFX names it."""
    rows, movies = ratings
    rated = split_ratings(rows[rows["user_id"] <= USERS], movies, PROTOCOLS[protocol].ingest)
    data = prepare(PROTOCOLS[protocol], rated, folder / "data")
    train_and_ask(rated, list_task(rated), data, TrainerConfig(model="bias"), folder / "cell")
    return (folder / "cell" / "model").rename(folder / "cell" / "Format-Serving")


def test_a_blessed_model_of_the_leaky_protocol_is_refused_by_the_pusher(default_ratings, tmp_path):
    model = trained("reference-leaky", default_ratings, tmp_path)
    node = push_arguments(model.parent, tmp_path / "pushed", tmp_path / "served")
    bless(node)
    with pytest.raises(LeakyModelError, match=f"{model} must not be pushed"):
        Executor().Do(**node)
    assert not (tmp_path / "served").exists()


def test_the_same_model_without_the_leak_is_pushed(default_ratings, tmp_path):
    model = trained("reference", default_ratings, tmp_path)
    assert not (model / MARK_FILE).exists()
    node = push_arguments(model.parent, tmp_path / "pushed", tmp_path / "served")
    bless(node)
    Executor().Do(**node)
    (version,) = (tmp_path / "served").iterdir()
    assert (version / "saved_model.pb").exists()
