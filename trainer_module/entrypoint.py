"""`run_fn`: what the Trainer component runs."""

import csv
from pathlib import PurePosixPath
from typing import Any

import keras
import tensorflow as tf

from serving.contract import MOVIES_FILE
from trainer_module.config import TrainerConfig
from trainer_module.data.catalogue import Catalogue
from trainer_module.data.ratings import Ratings
from trainer_module.export.ease import fit_ease
from trainer_module.export.signatures import ServingModule
from trainer_module.export.warm_up import write_warm_up
from trainer_module.models.objectives import Objective
from trainer_module.models.rating_model import RatingModel
from trainer_module.registry import build_model
from trainer_module.training.fitting import fit, train_lessons
from trainer_module.training.preparation import Preparation
from trainer_module.tuning.tuner_config import tuned


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
    # One seed, one model, to the last bit: it costs no time that could be measured. Both settings
    # hold for the whole process, and must come before the data sets, which take the seed from here.
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    prepared = Preparation.of(fn_args, config)
    blueprint, logs = prepared.blueprint, fn_args.model_run_dir
    data = prepared.source.by_split()
    model = build_model(blueprint)
    calibrated, report = fit(model, blueprint.objective, data, config, logs)
    if config.refit:
        data, first, model = prepared.source.together(), model, build_model(blueprint)
        lessons = model.last_lessons(data, first)
        train_lessons(lessons, blueprint.objective, config, report.best_epoch, logs)
    _export(model, calibrated, data.train, prepared, fn_args.serving_model_dir)
    report.write(logs)


def _export(
    model: RatingModel,
    calibrated: Objective,
    train: Ratings,
    prepared: Preparation,
    model_folder: str,
) -> None:
    """Writes the SavedModel and the files beside it."""
    config, catalogue = prepared.blueprint.config, prepared.catalogue
    affinity = fit_ease(train, config)
    module = ServingModule(model, calibrated, prepared.graph, affinity, catalogue, config)
    tf.saved_model.save(module, model_folder, signatures=module.signatures())
    _write_movies(catalogue, model_folder)
    write_warm_up(catalogue, config.min_model_history, model_folder)


def _write_movies(catalogue: Catalogue, model_folder: str) -> None:
    """Writes the catalogue as CSV beside the model."""
    path = PurePosixPath(model_folder) / MOVIES_FILE
    tf.io.gfile.makedirs(str(path.parent))
    with tf.io.gfile.GFile(str(path), "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("movieId", "title", "genres"))
        for row, movie_id in enumerate(catalogue.movie_ids):
            title = catalogue.titles[row].decode("utf-8", "replace")
            writer.writerow((movie_id, title, "|".join(catalogue.genres(row))))
