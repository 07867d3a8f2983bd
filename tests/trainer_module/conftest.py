"""The small world, transformed, and a model trained on it and exported by `run_fn`."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.support.transformed import fit_graph, write_splits
from tests.support.world import CONFIG, MOVIES, USERS, DataAccessor, World, movie_row, user_rows
from trainer_module.entrypoint import run_fn


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    random = np.random.default_rng(0)
    rows = [row for user in range(1, USERS + 1) for row in user_rows(user, random)]
    catalogue = [movie_row(movie) for movie in range(MOVIES + 1)][::-1]
    splits = {"train": rows[:100], "eval": rows[100:], "catalogue": catalogue}
    folder = tmp_path_factory.mktemp("world")
    output = fit_graph(folder, splits["train"], folds=3)
    write_splits(folder, output, splits)
    return World(splits, output, folder)


@pytest.fixture(scope="session")
def fn_args(world: World, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    folder = tmp_path_factory.mktemp("model")
    return SimpleNamespace(
        transform_graph_path=str(world.folder / "graph"),
        train_files=[*world.files("train"), *world.files("catalogue")],
        eval_files=world.files("eval"),
        data_accessor=DataAccessor(),
        custom_config={"config": CONFIG.to_dict()},
        serving_model_dir=str(folder / "serving"),
        model_run_dir=str(folder / "run"),
    )


@pytest.fixture(scope="session")
def exported(fn_args: SimpleNamespace) -> Path:
    """The folder of the SavedModel that `run_fn` wrote."""
    run_fn(fn_args)
    return Path(fn_args.serving_model_dir)


@pytest.fixture(scope="session")
def signatures(exported: Path) -> Any:
    """The signatures of the SavedModel, loaded as a stranger would."""
    loaded = tf.saved_model.load(str(exported))
    signatures = dict(loaded.signatures)
    signatures["__keep_alive"] = loaded
    return signatures
