"""Fits a model and reports how well it predicts eval.

The time that training takes is bounded, however many ratings there are: an epoch is a pass over
train, but at most `_EPOCH_RATINGS`, and the next epoch goes on where one ended.
"""

import dataclasses
import json
import math
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from movielens.formulas import area_under_roc_curve, log_loss, root_mean_squared_error
from trainer_module.config import TrainerConfig
from trainer_module.data.training_data import TrainingData
from trainer_module.models.objectives import Objective
from trainer_module.models.rating_model import Lessons, RatingModel
from transform_module import features

REPORT_FILE = "training.json"

_EPOCH_RATINGS = 1_000_000  # of an epoch, at most
# Ratings that say when to stop, and that the error on train is measured on, at most. The standard
# error of an RMSE of so many is about .002.
_JUDGED_RATINGS = 100_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """What a training run measured."""

    epochs: int  # that training took; 0 for a model with nothing to train
    best_epoch: int  # the one whose weights were kept, from 1; 0 for a model with nothing to train
    eval_rmse: float  # root mean squared error of the predicted ratings on eval, in stars
    eval_log_loss: float  # log loss of the predicted probabilities of a like on eval
    # Area under their ROC curve; None if all eval ratings are likes, or none is.
    eval_auc: float | None
    # As `eval_rmse`, on (some of) train, with out-of-fold aggregates and without dropout.
    train_rmse: float
    # The error of each epoch, which training minimises: of train as it learned, and of eval.
    curve: tuple[dict[str, float], ...] = ()

    def write(self, folder: str) -> None:
        """Writes the report as `training.json` into a local or remote folder."""
        tf.io.gfile.makedirs(folder)
        with tf.io.gfile.GFile(str(PurePosixPath(folder) / REPORT_FILE), "w") as file:
            file.write(json.dumps(dataclasses.asdict(self), indent=2) + "\n")


def fit(
    model: RatingModel,
    objective: Objective,
    data: TrainingData,
    config: TrainerConfig,
    log_folder: str,
) -> tuple[Objective, TrainingReport]:
    """Trains a model in place, as `train_lessons` does, and judges it on eval.

    Returns:
        The objective, calibrated on eval, and the report.

    Raises:
        ValueError: Training diverged: a score is no finite number.
    """
    lessons = model.lessons(data)
    epochs = train_lessons(lessons, objective, config, config.epochs, log_folder)
    scores, ratings = scored(lessons.learner, lessons.evaluation)
    calibrated = objective.calibrate(scores, ratings)
    liked = ratings >= features.LIKED_THRESHOLD
    probability = calibrated.liked(tf.constant(scores)).numpy()
    area = area_under_roc_curve(liked, probability)
    return calibrated, TrainingReport(
        epochs=epochs.taken,
        best_epoch=epochs.best,
        eval_rmse=_rmse(calibrated, scores, ratings),
        eval_log_loss=log_loss(liked, probability),
        eval_auc=None if math.isnan(area) else area,
        train_rmse=_rmse(calibrated, *scored(lessons.learner, _some(lessons.train, config))),
        curve=epochs.curve,
    )


class Epochs(NamedTuple):
    """How many epochs a training took, and which one's weights were kept, from 1."""

    taken: int
    best: int
    curve: tuple[dict[str, float], ...] = ()  # of `TrainingReport`


def train_lessons(
    lessons: Lessons, objective: Objective, config: TrainerConfig, epochs: int, log_folder: str
) -> Epochs:
    """Trains the learner in place, for at most `epochs` epochs.

    With eval, training stops once the error on (some of) eval has not fallen for `config.patience`
    epochs, and the best epoch's weights are kept. It looks at the error from the end of the first
    pass over train on, so that no user is left out.
    """
    learner, train = lessons.learner, lessons.train
    if not learner.built:  # Keras makes the weights at the first call
        learner(next(iter(train))[0])
    if not learner.trainable_weights or not epochs:
        return Epochs(0, 0)
    steps = min(len(train), _batches_of(_EPOCH_RATINGS, config))
    epochs_a_pass = -(-len(train) // steps)
    error = objective.error()
    learner.compile(
        optimizer=_optimizer(config, epochs * steps), loss=objective.losses, metrics=[error]
    )
    stopping = keras.callbacks.EarlyStopping(
        monitor=f"val_{error.name}",
        mode="min",
        patience=config.patience,
        restore_best_weights=True,
        start_from_epoch=min(epochs_a_pass, epochs) - 1,
    )
    evaluation = lessons.evaluation
    history = learner.fit(
        train if epochs_a_pass == 1 else train.repeat(),
        validation_data=None if evaluation is None else _some(evaluation, config),
        epochs=epochs,
        steps_per_epoch=None if epochs_a_pass == 1 else steps,
        callbacks=[
            keras.callbacks.TensorBoard(log_folder, profile_batch=0),
            *([] if evaluation is None else [stopping]),
        ],
        shuffle=False,  # the dataset shuffles itself
        verbose=2,
    ).history
    taken = len(history["loss"])
    best = taken if evaluation is None else stopping.best_epoch + 1
    return Epochs(taken, best, _curve(history, error.name))


def _curve(history: dict[str, list[float]], error: str) -> tuple[dict[str, float], ...]:
    columns = {"train": error, "eval": f"val_{error}"}
    return tuple(
        {"epoch": epoch + 1}
        | {of: history[key][epoch] for of, key in columns.items() if key in history}
        for epoch in range(len(history["loss"]))
    )


def _some(batches: tf.data.Dataset, config: TrainerConfig) -> tf.data.Dataset:
    """The first batches, of about `_JUDGED_RATINGS` ratings."""
    return batches.take(_batches_of(_JUDGED_RATINGS, config))


def _batches_of(ratings: int, config: TrainerConfig) -> int:
    return -(-ratings // config.batch_size)


def _optimizer(config: TrainerConfig, steps: int) -> keras.optimizers.Optimizer:
    rate = config.learning_rate
    if config.cosine_decay:
        rate = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.02)
    if config.weight_decay:
        return keras.optimizers.AdamW(rate, weight_decay=config.weight_decay)
    return keras.optimizers.Adam(rate)


def scored(learner: keras.Model, dataset: tf.data.Dataset) -> tuple[NDArray[Any], NDArray[Any]]:
    """Returns raw scores and ratings, float32 [n] each, in the order of the data set's rows.

    Raises:
        ValueError: A score is not finite: training diverged.
    """
    batches = [(learner.predict_on_batch(inputs), stars.numpy()) for inputs, stars in dataset]
    scores, ratings = (np.concatenate(column) for column in zip(*batches, strict=True))
    if not np.isfinite(scores).all():
        raise ValueError(
            f"Training diverged: {np.sum(~np.isfinite(scores))} of {len(scores)} scores are not "
            "finite. Lower trainer.learning_rate."
        )
    return scores, ratings


def _rmse(objective: Objective, scores: NDArray[Any], ratings: NDArray[Any]) -> float:
    return root_mean_squared_error(ratings, objective.rating(tf.constant(scores)).numpy())
