"""The small world, transformed, and models trained on it and exported by `run_fn`."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.support.world import USERS, World, build_world, small_config, user_rows
from trainer_module.entrypoint import run_fn


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    random = np.random.default_rng(0)
    rows = [row for user in range(1, USERS + 1) for row in user_rows(user, random)]
    return build_world(tmp_path_factory.mktemp("world"), rows)


# Tests that need one of the models name the first, so that pytest can share it with the others.
@pytest.fixture(scope="session", params=["mf_dnn", "gp_dnn"])
def fn_args(
    request: pytest.FixtureRequest, world: World, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """The default model's, and those of one that is trained by gradient descent alone."""
    folder = tmp_path_factory.mktemp(request.param)
    return world.trainer_arguments(small_config(request.param), folder)


@pytest.fixture(scope="session")
def exported(fn_args: SimpleNamespace) -> Path:
    """The folder of the SavedModel that `run_fn` wrote."""
    run_fn(fn_args)
    return Path(fn_args.serving_model_dir)


@pytest.fixture(scope="session")
def signatures(exported: Path) -> dict[str, Any]:
    """The signatures of the SavedModel, loaded as a stranger would."""
    loaded = tf.saved_model.load(str(exported))
    signatures = dict(loaded.signatures)
    signatures["__keep_alive"] = loaded
    return signatures
