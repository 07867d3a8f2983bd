"""A model of the leaky protocol, made as a cell of the board makes it, meets the Pusher."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from components.atomic_pusher.executor import Executor
from components.atomic_pusher.leaky_mark import MARK_FILE, LeakyModelError
from scoreboard.measuring import our_models
from scoreboard.measuring.list_tasks import list_task
from tests.scoreboard.conftest import MeasuredCell
from tests.support.pushing import bless, push_arguments
from trainer_module.config import TrainerConfig


def test_a_blessed_model_of_the_leaky_protocol_is_refused_by_the_pusher(
    leaky_cell: MeasuredCell, tmp_path: Path
) -> None:
    node = push_arguments(leaky_cell.model.parent, tmp_path / "pushed", tmp_path / "served")
    bless(node)
    with pytest.raises(LeakyModelError, match=f"{leaky_cell.model} must not be pushed"):
        Executor().Do(**node)
    assert not (tmp_path / "served").exists()


def test_the_same_model_without_the_leak_is_pushed(
    leaky_cell: MeasuredCell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(arguments: Any) -> None:
        unmarked = shutil.ignore_patterns("LEAKY")
        shutil.copytree(leaky_cell.model, arguments.serving_model_dir, ignore=unmarked)

    monkeypatch.setattr(our_models, "run_fn", train)
    honest = dataclasses.replace(leaky_cell.data(), is_leaky=False)
    task, config = list_task(leaky_cell.rated), TrainerConfig(model="bias")
    our_models.train_and_ask(leaky_cell.rated, task, honest, config, tmp_path / "cell")
    model = (tmp_path / "cell" / "model").rename(tmp_path / "cell" / "Format-Serving")
    assert not (model / MARK_FILE).exists()
    node = push_arguments(model.parent, tmp_path / "pushed", tmp_path / "served")
    bless(node)
    Executor().Do(**node)
    (version,) = (tmp_path / "served").iterdir()
    assert (version / "saved_model.pb").exists()
