"""`run_fn`: what the Trainer component runs."""

import csv
import dataclasses
import io
from pathlib import PurePosixPath
from typing import Any

import keras
import tensorflow as tf

from serving.contract import MOVIES_FILE
from trainer_module.config import TrainerConfig
from trainer_module.data.catalogue import Catalogue
from trainer_module.data.training_data import TrainingData
from trainer_module.export.ease import fit_ease
from trainer_module.export.signatures import ServingModule
from trainer_module.export.warm_up import write_warm_up
from trainer_module.models.calibration import Calibration
from trainer_module.models.rating_model import RatingModel
from trainer_module.registry import build_model
from trainer_module.training.fitting import TrainingReport, fit, refit
from trainer_module.training.preparation import Preparation
from trainer_module.tuning.tuner_config import tuned

# Rides beside the model, where TF Serving ignores it: titles and ids for people and their clients.


def run_fn(fn_args: Any) -> None:
    """Trains the configured model and exports it with its signatures.

    Args:
        fn_args: TFX's `FnArgs`. `custom_config["config"]` is a `TrainerConfig` as plain values;
            `train_files` hold the splits `train` and `catalogue`, `eval_files` the split `eval`.

    Raises:
        ValueError: An option is wrong, or a split is missing.
    """
    config = TrainerConfig.model_validate((fn_args.custom_config or {}).get("config", {}))
    config = tuned(config, getattr(fn_args, "hyperparameters", None))
    # One seed, one model, to the last bit: it costs no time that could be measured. Both stay so
    # for the process. The data sets take their seed from here, too: they come later.
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    prepared = Preparation.of(fn_args, config)
    trained = _train(prepared, config, fn_args)
    _export(trained, prepared, config, fn_args.serving_model_dir)
    trained.report.write(fn_args.model_run_dir)


@dataclasses.dataclass(frozen=True)
class _Trained:
    """What came of the training.

    Attributes:
        model: As it is to be exported.
        calibration: How answers are read off its scores.
        report: Of the training that chose the epochs.
        data: What the model has learned from.
    """

    model: RatingModel
    calibration: Calibration
    report: TrainingReport
    data: TrainingData


def _train(prepared: Preparation, config: TrainerConfig, fn_args: Any) -> _Trained:
    data, blueprint = prepared.data, prepared.blueprint
    model, logs = build_model(blueprint), fn_args.model_run_dir
    calibration, report = fit(model, blueprint.objective, data, config, logs)
    if config.refit:
        data, model = prepared.source.together(), build_model(blueprint)
        refit(model, blueprint.objective, data, config, report.best_epoch, logs)
    return _Trained(model, calibration, report, data)


def _export(
    trained: _Trained, prepared: Preparation, config: TrainerConfig, model_folder: str
) -> None:
    """Writes the SavedModel and what rides beside it."""
    model, catalogue = trained.model, prepared.catalogue
    affinity = fit_ease(trained.data.train, config)
    module = ServingModule(model, trained.calibration, prepared.graph, affinity, catalogue, config)
    tf.saved_model.save(module, model_folder, signatures=module.signatures())
    _write_movies(catalogue, model_folder)
    write_warm_up(catalogue, config.min_model_history, model_folder)


def _write_movies(catalogue: Catalogue, model_folder: str) -> None:
    """Writes movieId, title and genres of the catalogue as CSV beside the model."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("movieId", "title", "genres"))
    rows = zip(catalogue.movie_ids, catalogue.titles, strict=True)
    for row, (movie_id, title) in enumerate(rows):
        listed = "|".join(catalogue.genres(row))
        writer.writerow((movie_id, title.decode("utf-8", "replace"), listed))
    path = PurePosixPath(model_folder) / MOVIES_FILE
    tf.io.gfile.makedirs(str(path.parent))
    with tf.io.gfile.GFile(str(path), "w") as file:
        file.write(text.getvalue())
