"""Fitting, on a model of one number."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.world import CONFIG
from trainer_module.layers import Level
from trainer_module.objectives import CrossEntropy, MeanSquaredError
from trainer_module.training import fit


class Offset(keras.Model):
    """Scores `x + level`."""

    def __init__(self, start, trainable=True):
        super().__init__()
        self.level = Level(start)
        self.level.trainable = trainable

    def call(self, inputs):
        return self.level(inputs["x"])


def dataset(ratings, x=0.0):
    inputs = {"x": np.broadcast_to(np.float32(x), np.shape(ratings)).copy()}
    return tf.data.Dataset.from_tensor_slices((inputs, np.array(ratings, np.float32))).batch(4)


def fitted(model, tmp_path, *, train, evaluation, objective=None, **options):
    config = dataclasses.replace(CONFIG, **({"epochs": 8, "learning_rate": 0.1} | options))
    objective = objective or MeanSquaredError()
    return fit(model, objective, train, evaluation, config, str(tmp_path / "logs"))


def test_training_stops_when_eval_gets_worse_and_keeps_the_best(tmp_path):
    model = Offset(3.0)
    _, report = fitted(
        model,
        tmp_path,
        train=dataset([5.0] * 4),
        evaluation=dataset([3.0] * 4),
        patience=2,
    )
    assert (report.epochs, report.best_epoch) == (3, 1)
    level = float(model.level(tf.constant(0.0)))
    assert level == pytest.approx(3.1, abs=1e-3)  # one step of Adam
    assert report.eval_rmse == pytest.approx(level - 3.0, abs=1e-5)
    assert report.train_rmse == pytest.approx(5.0 - level, abs=1e-5)


def test_the_best_is_kept_where_training_ends_by_itself(tmp_path):
    model = Offset(3.0)
    _, report = fitted(
        model, tmp_path, train=dataset([5.0]), evaluation=dataset([3.0]), epochs=3, patience=9
    )
    assert (report.epochs, report.best_epoch) == (3, 1)
    assert float(model.level(tf.constant(0.0))) == pytest.approx(3.1, abs=1e-3)


def test_cross_entropy_stops_by_its_own_error(tmp_path):
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
    assert report.eval_auc == 1.0
    assert report.eval_log_loss < np.log(2.0)
    assert calibration.slope > 0


def test_nothing_to_train_is_judged_as_it_is(tmp_path):
    model = Offset(3.0, trainable=False)
    calibration, report = fitted(
        model, tmp_path, train=dataset([4.0, 4.0]), evaluation=dataset([3.5, 2.5])
    )
    assert (report.epochs, report.best_epoch) == (0, 0)
    assert (report.eval_rmse, report.train_rmse) == (0.5, 1.0)
    assert report.eval_auc is None  # no like in eval
    assert calibration.deviation == 0.5


def test_the_report_is_plain_json(tmp_path):
    _, report = fitted(
        Offset(3.0, trainable=False), tmp_path, train=dataset([4.0]), evaluation=dataset([2.0])
    )
    report.write(str(tmp_path / "run"))
    written = json.loads((tmp_path / "run" / "training.json").read_text())
    assert written == dataclasses.asdict(report)
    assert written["eval_auc"] is None


def test_a_diverged_training_is_said_to_be_one(tmp_path):
    with pytest.raises(ValueError, match=r"diverged: 2 of 2 scores.*learning_rate"):
        fitted(
            Offset(np.nan), tmp_path, train=dataset([4.0]), evaluation=dataset([2.0, 3.0]), epochs=1
        )
