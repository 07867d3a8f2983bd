"""Fitting a model, and what the fit reports."""

import dataclasses
import json
from pathlib import PurePosixPath
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.calibration import Calibration
from trainer_module.config import TrainerConfig
from trainer_module.diagnostics import area_under_roc_curve, log_loss, root_mean_squared_error
from trainer_module.objectives import Objective
from trainer_module.rating_model import RatingModel
from transform_module import features

REPORT_FILE = "training.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """What a training run found.

    Attributes:
        epochs: Passes over train; 0 for a model with nothing to train.
        best_epoch: The one whose weights were kept, from 1; 0 for a model with nothing to train.
        eval_rmse: Root mean squared error of the predicted ratings on eval, in stars.
        eval_log_loss: Of the predicted probabilities of a like on eval.
        eval_auc: Area under the ROC curve of those; None where eval has likes alone, or none.
        train_rmse: As `eval_rmse`, on train, with out-of-fold aggregates and without dropout.
    """

    epochs: int
    best_epoch: int
    eval_rmse: float
    eval_log_loss: float
    eval_auc: float | None
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
) -> tuple[Calibration, TrainingReport]:
    """Trains until the error on eval stops falling and keeps the best epoch's weights.

    A model without trainable weights is judged as it is.

    Args:
        model: Untrained; trained in place.
        objective: Gives the loss and the error.
        train: Shuffled batches of (inputs, stars).
        evaluation: Batches of the eval split; every choice is made on it.
        config: Learning rate, epochs and patience.
        log_folder: Gets TensorBoard's event files.

    Returns:
        How answers are read off the model's scores, fitted on eval; and the report.

    Raises:
        ValueError: Training diverged: a score is no finite number.
    """
    model(next(iter(evaluation))[0])  # Keras makes the weights at the first call
    errors = (
        _train(model, objective, train, evaluation, config, log_folder)
        if model.trainable_weights
        else []
    )
    scores, ratings = _scored(model, evaluation)
    calibration = objective.calibrate(scores, ratings)
    liked = ratings >= features.LIKED_THRESHOLD
    probability = calibration.liked(tf.constant(scores)).numpy()
    return calibration, TrainingReport(
        epochs=len(errors),
        best_epoch=int(np.argmin(errors)) + 1 if errors else 0,
        eval_rmse=_rmse(calibration, scores, ratings),
        eval_log_loss=log_loss(probability, liked),
        eval_auc=area_under_roc_curve(scores, liked),
        train_rmse=_rmse(calibration, *_scored(model, train)),
    )


def _train(
    model: RatingModel,
    objective: Objective,
    train: tf.data.Dataset,
    evaluation: tf.data.Dataset,
    config: TrainerConfig,
    log_folder: str,
) -> list[float]:
    """Trains in place; the error on eval after each epoch."""
    error = objective.error()
    model.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate),
        loss=objective.loss(),
        metrics=[error],
    )
    watched = f"val_{error.name}"
    stop = keras.callbacks.EarlyStopping(
        monitor=watched, mode="min", patience=config.patience, restore_best_weights=True
    )
    history = model.fit(
        train,
        validation_data=evaluation,
        epochs=config.epochs,
        callbacks=[stop, keras.callbacks.TensorBoard(log_folder, profile_batch=0)],
        shuffle=False,  # the dataset shuffles itself
        verbose=2,
    ).history
    return [float(value) for value in history[watched]]


def _scored(model: RatingModel, dataset: tf.data.Dataset) -> tuple[NDArray[Any], NDArray[Any]]:
    """Raw scores and ratings, float32 [n] each, of every row in the order that it comes in."""
    batches = [(model.predict_on_batch(inputs), stars.numpy()) for inputs, stars in dataset]
    scores, ratings = (np.concatenate(column) for column in zip(*batches, strict=True))
    if not np.isfinite(scores).all():
        raise ValueError(
            f"Training diverged: {np.sum(~np.isfinite(scores))} of {len(scores)} scores are not "
            f"finite. Lower trainer.learning_rate."
        )
    return scores, ratings


def _rmse(calibration: Calibration, scores: NDArray[Any], ratings: NDArray[Any]) -> float:
    return root_mean_squared_error(calibration.rating(tf.constant(scores)).numpy(), ratings)
