"""Fitting, on a model of one number."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.world import small_config
from trainer_module.config import TrainerConfig
from trainer_module.models.objectives import CrossEntropy, MeanSquaredError, Objective
from trainer_module.models.rating_model import Lessons
from trainer_module.training import fitting
from trainer_module.training.fitting import TrainingReport, fit, train_lessons

Batches = tuple[tf.data.Dataset, tf.data.Dataset | None]


class Offset(keras.Model):
    """Scores `x + level`; its data are its lessons."""

    def __init__(self, start: float, trainable: bool = True) -> None:
        super().__init__()
        self.level = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(start), trainable=trainable
        )

    def call(self, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        return inputs["x"] + self.level

    def lessons(self, data: Batches) -> Lessons:
        return Lessons(self, *data)


def dataset(ratings: list[float], x: list[float] | float = 0.0) -> tf.data.Dataset:
    inputs = {"x": np.broadcast_to(np.float32(x), np.shape(ratings)).copy()}  # type: ignore[arg-type]
    return tf.data.Dataset.from_tensor_slices((inputs, np.array(ratings, np.float32))).batch(4)


def options_of(**options: float) -> TrainerConfig:
    plain = {"epochs": 8, "learning_rate": 0.1, "patience": 2}
    return small_config("mf_dnn", **plain | options)


def fitted(
    model: Offset,
    tmp_path: Path,
    *,
    train: tf.data.Dataset,
    evaluation: tf.data.Dataset,
    objective: Objective | None = None,
    **options: float,
) -> tuple[Any, TrainingReport]:
    objective = objective or MeanSquaredError()
    data, config = (train, evaluation), options_of(**options)
    return fit(model, objective, data, config, str(tmp_path / "logs"))  # type: ignore[arg-type]


def refitted(
    model: Offset, train: tf.data.Dataset, epochs: int, folder: Path, **options: float
) -> None:
    """Trains without eval, as the last training of `run_fn` does."""
    lessons = model.lessons((train, None))
    train_lessons(lessons, MeanSquaredError(), options_of(**options), epochs, str(folder))


def level_of(model: Offset) -> float:
    return float(model.level)


def test_training_stops_when_eval_gets_worse_and_keeps_the_best(tmp_path: Path) -> None:
    model = Offset(3.0)
    _, report = fitted(
        model, tmp_path, train=dataset([5.0] * 4), evaluation=dataset([3.0] * 4), patience=2
    )
    assert (report.epochs, report.best_epoch) == (3, 1)
    assert level_of(model) == pytest.approx(3.1, abs=1e-3)  # one step of Adam
    assert report.eval_rmse == pytest.approx(level_of(model) - 3.0, abs=1e-5)
    assert report.train_rmse == pytest.approx(5.0 - level_of(model), abs=1e-5)


def test_the_best_is_kept_where_training_ends_by_itself(tmp_path: Path) -> None:
    model = Offset(3.0)
    _, report = fitted(
        model, tmp_path, train=dataset([5.0]), evaluation=dataset([3.0]), epochs=3, patience=9
    )
    assert (report.epochs, report.best_epoch) == (3, 1)
    assert level_of(model) == pytest.approx(3.1, abs=1e-3)


def test_cross_entropy_stops_by_its_own_error(tmp_path: Path) -> None:
    """Eval's likes are half: the logit 0 fits them best, whatever it does to the stars."""
    model = Offset(-0.3)
    calibration, report = fitted(
        model,
        tmp_path,
        objective=CrossEntropy(),
        train=dataset([5.0] * 4),
        evaluation=dataset([5.0, 4.0, 3.5, 3.0], x=[0.2, 0.1, -0.1, -0.2]),
        patience=2,
    )
    assert (report.epochs, report.best_epoch) == (5, 3)
    assert [each["epoch"] for each in report.curve] == [1, 2, 3, 4, 5]
    assert min(report.curve, key=lambda each: each["eval"])["epoch"] == 3
    assert report.eval_auc == 1.0
    assert report.eval_log_loss < np.log(2.0)
    assert calibration.slope > 0


def test_nothing_to_train_is_judged_as_it_is(tmp_path: Path) -> None:
    model = Offset(3.0, trainable=False)
    calibration, report = fitted(
        model, tmp_path, train=dataset([4.0, 4.0]), evaluation=dataset([3.5, 2.5])
    )
    assert (report.epochs, report.best_epoch) == (0, 0)
    assert (report.eval_rmse, report.train_rmse) == (0.5, 1.0)
    assert report.eval_auc is None  # no like in eval
    assert calibration.deviation == 0.5


def test_the_report_is_plain_json(tmp_path: Path) -> None:
    _, report = fitted(
        Offset(3.0, trainable=False), tmp_path, train=dataset([4.0]), evaluation=dataset([2.0])
    )
    report.write(str(tmp_path / "run"))
    written = json.loads((tmp_path / "run" / "training.json").read_text())
    assert written == dataclasses.asdict(report) | {"curve": []}
    assert written["eval_auc"] is None


def test_a_diverged_training_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"diverged: 2 of 2 scores.*learning_rate"):
        fitted(
            Offset(np.nan), tmp_path, train=dataset([4.0]), evaluation=dataset([2.0, 3.0]), epochs=1
        )


@pytest.fixture
def epochs_of_two_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """An epoch has at most two steps of 32 ratings, the batch size of `small_config`."""
    monkeypatch.setattr(fitting, "_EPOCH_RATINGS", 64)


@pytest.mark.usefixtures("epochs_of_two_steps")
def test_an_epoch_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    """Five steps a pass: of three epochs, the last one's second step is the first of a new pass."""
    seen: list[int] = []

    def batches() -> Iterator[Any]:
        for number, batch in enumerate(dataset([500.0] * 20)):
            seen.append(number)
            yield batch

    signature = dataset([500.0]).element_spec
    train = tf.data.Dataset.from_generator(batches, output_signature=signature)
    model = Offset(3.0)
    model({"x": tf.zeros([1])})
    lessons = Lessons(model, train.apply(tf.data.experimental.assert_cardinality(5)), None)
    epochs = train_lessons(lessons, MeanSquaredError(), options_of(), 3, str(tmp_path))
    assert (epochs.taken, epochs.best) == (3, 3)
    assert seen[:6] == [0, 1, 2, 3, 4, 0]
    assert level_of(model) == pytest.approx(3.0 + 0.1 * 6, abs=1e-3)


@pytest.mark.usefixtures("epochs_of_two_steps")
def test_training_does_not_stop_within_the_first_pass(tmp_path: Path) -> None:
    """Each step makes eval worse. Five steps a pass: the third epoch is the first to be judged."""
    model = Offset(3.0)
    _, report = fitted(
        model, tmp_path, train=dataset([500.0] * 20), evaluation=dataset([3.0]), patience=1
    )
    assert (report.epochs, report.best_epoch) == (4, 3)
    assert level_of(model) == pytest.approx(3.0 + 0.1 * 6, abs=1e-2)


def test_the_error_that_stops_is_of_some_eval_ratings_and_the_report_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first batch is best at five stars, both together at three and a half."""
    monkeypatch.setattr(fitting, "_JUDGED_RATINGS", 1)
    evaluation = dataset([5.0] * 4 + [2.0] * 4)
    _, report = fitted(Offset(3.0), tmp_path, train=dataset([500.0] * 4), evaluation=evaluation)
    assert (report.epochs, report.best_epoch) == (8, 8)  # 3.8 stars
    assert report.eval_rmse == pytest.approx(np.sqrt((1.2**2 + 1.8**2) / 2), abs=1e-2)


@pytest.mark.parametrize("epochs", [0, 1, 4])
def test_a_refit_takes_as_many_epochs_as_it_is_told(tmp_path: Path, epochs: int) -> None:
    """Far below its goal, a level rises by about the learning rate at each step of Adam."""
    model = Offset(3.0)
    refitted(model, dataset([500.0] * 4), epochs, tmp_path)
    assert level_of(model) == pytest.approx(3.0 + 0.1 * epochs, abs=1e-3)


def test_a_refit_keeps_the_last_epoch_whatever_patience_says(tmp_path: Path) -> None:
    model = Offset(3.0)
    # Nothing to gain: the loss is 0 from the first.
    refitted(model, dataset([3.0]), 5, tmp_path, patience=1)
    assert level_of(model) == 3.0


def test_a_rate_that_falls_along_a_cosine_falls_to_nothing(tmp_path: Path) -> None:
    """Of four steps: half the way at the second, a fiftieth of the rate left after the last."""
    steady, falling = Offset(3.0), Offset(3.0)
    for model, cosine_decay in ((steady, False), (falling, True)):
        refitted(model, dataset([500.0] * 4), 4, tmp_path, cosine_decay=cosine_decay)
    rates = [0.1 * (0.98 * 0.5 * (1 + np.cos(np.pi * step / 4)) + 0.02) for step in range(4)]
    assert level_of(falling) == pytest.approx(3.0 + sum(rates), abs=1e-3)
    assert level_of(steady) == pytest.approx(3.4, abs=1e-3)


def test_weights_decay_apart_from_the_gradient(tmp_path: Path) -> None:
    """One step without a gradient: the weight loses rate times decay of itself."""
    model = Offset(4.0)
    refitted(model, dataset([4.0]), 1, tmp_path, weight_decay=0.5)
    assert level_of(model) == pytest.approx(4.0 * (1 - 0.1 * 0.5), abs=1e-5)
