"""Fitting a model, and what the fit reports."""

import dataclasses
import json
from pathlib import PurePosixPath
from typing import Any

import keras
import tensorflow as tf

from trainer_module.config import TrainerConfig
from trainer_module.objectives import Objective
from trainer_module.rating_model import RatingModel

REPORT_FILE = "training.json"
_EVAL_RMSE = "val_rmse"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """What a training run found.

    Attributes:
        epochs: Passes over train.
        best_epoch: The one whose weights were kept, from 1.
        eval_rmse: Root mean squared error of the raw score on eval at that epoch.
        train_rmse: The same on train, out of fold and with dropout, averaged over that epoch.
    """

    epochs: int
    best_epoch: int
    eval_rmse: float
    train_rmse: float

    def write(self, folder: str) -> None:
        """Writes the report as `training.json` into a local or remote folder."""
        tf.io.gfile.makedirs(folder)
        with tf.io.gfile.GFile(str(PurePosixPath(folder) / REPORT_FILE), "w") as file:
            file.write(json.dumps(dataclasses.asdict(self), indent=2) + "\n")


def fit(
    model: RatingModel,
    objective: Objective,
    train: tf.data.Dataset,
    evaluation: tf.data.Dataset,
    config: TrainerConfig,
    log_folder: str,
) -> TrainingReport:
    """Trains until the eval RMSE stops falling and keeps the best epoch's weights.

    Args:
        model: Untrained; trained in place.
        objective: Gives the loss.
        train: Shuffled batches of (inputs, label).
        evaluation: Batches of the eval split; every choice is made on it.
        config: Learning rate, epochs and patience.
        log_folder: Gets TensorBoard's event files.
    """
    model.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate),
        loss=objective.loss(),
        metrics=[keras.metrics.RootMeanSquaredError(name="rmse")],
    )
    stop = keras.callbacks.EarlyStopping(
        monitor=_EVAL_RMSE, mode="min", patience=config.patience, restore_best_weights=True
    )
    history = model.fit(
        train,
        validation_data=evaluation,
        epochs=config.epochs,
        callbacks=[stop, keras.callbacks.TensorBoard(log_folder, profile_batch=0)],
        shuffle=False,  # the dataset shuffles itself
        verbose=2,
    ).history
    return _report(history)


def _report(history: dict[str, list[Any]]) -> TrainingReport:
    eval_rmse = history[_EVAL_RMSE]
    best = min(range(len(eval_rmse)), key=eval_rmse.__getitem__)
    return TrainingReport(
        epochs=len(eval_rmse),
        best_epoch=best + 1,
        eval_rmse=float(eval_rmse[best]),
        train_rmse=float(history["rmse"][best]),
    )
