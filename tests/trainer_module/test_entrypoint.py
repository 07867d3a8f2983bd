import csv
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.support.world import MOVIES, World
from trainer_module import entrypoint
from trainer_module.config import TrainerConfig
from trainer_module.data.training_data import RatingSource, TrainingData
from trainer_module.entrypoint import run_fn
from trainer_module.export.signatures import ServingModule
from trainer_module.models.objectives import Objective
from trainer_module.models.rating_model import Lessons
from trainer_module.training.fitting import Epochs

ASK = """
import sys, tensorflow as tf
assert "tensorflow_transform" not in sys.modules
rate = tf.saved_model.load(sys.argv[1]).signatures["rate"]
answer = rate(
    history_movie_ids=tf.constant([[10, 20]], tf.int64),
    history_ratings=tf.constant([[5.0, 2.0]]),
    candidate_movie_ids=tf.constant([[30, 40]], tf.int64),
)
print(*answer["rating"].numpy()[0].tolist())
"""


@pytest.mark.parametrize("fn_args", ["mf_dnn"], indirect=True)
def test_another_process_gets_the_same_answers_from_the_savedmodel(
    exported: Path, signatures: dict[str, Any]
) -> None:
    process = subprocess.run(
        [sys.executable, "-c", ASK, str(exported)], capture_output=True, text=True, check=True
    )
    expected = signatures["rate"](
        history_movie_ids=tf.constant([[10, 20]], tf.int64),
        history_ratings=tf.constant([[5.0, 2.0]]),
        candidate_movie_ids=tf.constant([[30, 40]], tf.int64),
    )["rating"].numpy()[0]
    answers = [float(word) for word in process.stdout.split()]
    np.testing.assert_allclose(answers, expected, atol=1e-6)


def test_the_titles_of_the_whole_catalogue_ride_beside_the_model(exported: Path) -> None:
    with (exported / "assets.extra" / "movies.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == MOVIES + 1
    assert rows[0] == {"movieId": "0", "title": "Movie 0 (1980)", "genres": "Action"}
    assert rows[-1]["title"] == "Movie 24 (2004)"


def test_the_report_names_the_best_epoch(exported: Path, fn_args: SimpleNamespace) -> None:
    report = report_of(fn_args)
    assert 1 <= report["best_epoch"] <= report["epochs"] == 2


def test_tensorboard_gets_its_events(
    exported: Path, fn_args: SimpleNamespace, world: World
) -> None:
    events = tf.io.gfile.glob(f"{fn_args.model_run_dir}/*/events*")
    assert events


def test_a_missing_catalogue_split_is_named(fn_args: SimpleNamespace) -> None:
    incomplete = SimpleNamespace(**vars(fn_args))
    incomplete.train_files = fn_args.train_files[:1]
    with pytest.raises(ValueError, match=r"'train' and 'catalogue'.*Split-train"):
        run_fn(incomplete)


@pytest.fixture
def refitted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The epochs and the ratings of each refit."""
    given: list[Any] = []
    real_train, real_together = entrypoint.train_lessons, RatingSource.together

    def train_lessons(
        lessons: Lessons, objective: Objective, config: TrainerConfig, epochs: int, log_folder: str
    ) -> Epochs:
        assert lessons.evaluation is None
        given.append(epochs)
        return real_train(lessons, objective, config, epochs, log_folder)

    def together(source: RatingSource) -> TrainingData:
        data = real_together(source)
        given.append(data)
        return data

    monkeypatch.setattr(entrypoint, "train_lessons", train_lessons)
    monkeypatch.setattr(RatingSource, "together", together)
    return given


def assert_learned_from_all(refitted: list[Any], args: SimpleNamespace, world: World) -> None:
    data, epochs = refitted
    assert epochs == report_of(args)["best_epoch"]
    assert data.evaluation is None
    assert len(data.train) == len(world.splits["train"] + world.splits["eval"])


def write_variables(module: ServingModule, folder: str, signatures: dict[str, Any]) -> None:
    """Writes the variables of a SavedModel as they stand in one, without tracing the signatures."""
    tf.train.Checkpoint(root=module).write(f"{folder}/variables/variables")


def test_the_same_seed_gives_the_same_model_to_the_last_bit(
    exported: Path,
    fn_args: SimpleNamespace,
    world: World,
    tmp_path: Path,
    refitted: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tf.saved_model, "save", write_variables)
    again = trained_again(fn_args, tmp_path)
    if is_refitted(fn_args):
        assert_learned_from_all(refitted, again, world)
    first, second = (weights_of(folder) for folder in (str(exported), again.serving_model_dir))
    assert len(first) > 20
    assert first == second
    assert report_of(fn_args) == report_of(again)


def test_another_seed_gives_another_training(
    exported: Path, fn_args: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrypoint, "_export", lambda *_: None)
    again = trained_again(fn_args, tmp_path, seed=1, refit=False)
    assert report_of(again)["eval_rmse"] != report_of(fn_args)["eval_rmse"]


def test_a_refit_learns_from_train_and_eval_and_leaves_the_report_as_it_was(
    exported: Path,
    fn_args: SimpleNamespace,
    world: World,
    tmp_path: Path,
    refitted: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The model of the fixture is refitted or not, as its preset says; here it is the other way."""
    trained = []
    monkeypatch.setattr(entrypoint, "_export", lambda model, *_: trained.append(model))
    again = trained_again(fn_args, tmp_path, refit=not is_refitted(fn_args))
    learned = {weight.numpy().tobytes() for weight in trained[0].trainable_weights}
    assert learned.isdisjoint(weights_of(str(exported)).values())
    assert report_of(fn_args) == report_of(again)
    if is_refitted(fn_args):
        assert refitted == []
    else:
        assert_learned_from_all(refitted, again, world)


def is_refitted(args: SimpleNamespace) -> bool:
    return args.custom_config["config"]["refit"]


def report_of(args: SimpleNamespace) -> dict[str, Any]:
    return json.loads(Path(args.model_run_dir, "training.json").read_text())


def trained_again(fn_args: SimpleNamespace, folder: Path, **options: int) -> SimpleNamespace:
    again = SimpleNamespace(**vars(fn_args))
    again.serving_model_dir, again.model_run_dir = str(folder / "s"), str(folder / "r")
    again.custom_config = {"config": fn_args.custom_config["config"] | options}
    run_fn(again)
    return again


def weights_of(saved_model: str) -> dict[str, bytes]:
    """Every float variable of a SavedModel, by name, as bytes."""
    reader = tf.train.load_checkpoint(f"{saved_model}/variables/variables")
    return {
        name: reader.get_tensor(name).tobytes()
        for name, dtype in reader.get_variable_to_dtype_map().items()
        if dtype == tf.float32
    }
