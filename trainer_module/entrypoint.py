"""`run_fn`: what the Trainer component runs."""

import csv
import io
from pathlib import PurePosixPath
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from trainer_module.blueprint import Blueprint
from trainer_module.catalogue import Catalogue
from trainer_module.catalogue_tables import CatalogueTables
from trainer_module.config import TrainerConfig
from trainer_module.ease import fit_ease
from trainer_module.input_data import rated_pairs, rating_dataset, read_catalogue
from trainer_module.inputs import MOVIE_FEATURES
from trainer_module.models import build_model
from trainer_module.objectives import OBJECTIVES
from trainer_module.signatures import ServingModule
from trainer_module.training import fit
from trainer_module.transform_graph import TransformGraph
from transform_module import features

# Rides beside the model, where TF Serving ignores it: titles and ids for people and their clients.
MOVIES_FILE = "assets.extra/movies.csv"


def run_fn(fn_args: Any) -> None:
    """Trains the configured model and exports it with its signatures.

    Args:
        fn_args: TFX's `FnArgs`. `custom_config["config"]` is a `TrainerConfig.to_dict()`;
            `train_files` hold the splits `train` and `catalogue`, `eval_files` the split `eval`.

    Raises:
        ValueError: An option is wrong, or a split is missing.
    """
    config = TrainerConfig.from_dict((fn_args.custom_config or {}).get("config", {}))
    # One seed, one model, to the last bit: it costs no time that could be measured. Both stay so
    # for the process. The data sets take their seed from here, too: they come later.
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    transform_output = tft.TFTransformOutput(fn_args.transform_graph_path)
    graph = TransformGraph(transform_output, config.max_history)
    train_files, catalogue_files = _by_split(fn_args.train_files)
    catalogue = read_catalogue(fn_args.data_accessor, catalogue_files, transform_output)
    tables = CatalogueTables(catalogue, _unknown_movie(graph))

    def dataset(files: list[str], shuffle_seed: int | None = None) -> tf.data.Dataset:
        return rating_dataset(
            fn_args.data_accessor,
            files,
            transform_output,
            max_history=config.max_history,
            batch_size=config.batch_size,
            shuffle_seed=shuffle_seed,
        )

    train = dataset(train_files, shuffle_seed=config.seed)
    users, movies = rated_pairs(train)
    blueprint = Blueprint(
        config=config,
        objective=OBJECTIVES[config.objective](),
        tables=tables,
        movies=catalogue.vocabulary_size,
        users=int(users.max()),
    )
    model = build_model(blueprint)
    evaluation = dataset(list(fn_args.eval_files))
    calibration, report = fit(
        model, blueprint.objective, train, evaluation, config, fn_args.model_run_dir
    )
    affinity = fit_ease(users, movies, config)
    module = ServingModule(model, calibration, graph, affinity, catalogue, config)
    tf.saved_model.save(module, fn_args.serving_model_dir, signatures=module.signatures())
    _write_movies(catalogue, fn_args.serving_model_dir)
    report.write(fn_args.model_run_dir)


def _by_split(file_patterns: list[str]) -> tuple[list[str], list[str]]:
    """Parts the train files into those of the ratings and those of the catalogue."""
    marker = f"Split-{features.SPLIT_CATALOGUE}"
    catalogue = [pattern for pattern in file_patterns if marker in pattern]
    ratings = [pattern for pattern in file_patterns if marker not in pattern]
    if not catalogue or not ratings:
        raise ValueError(
            f"The Trainer needs splits {features.SPLIT_TRAIN!r} and {features.SPLIT_CATALOGUE!r} "
            f"in its train_args. Received files: {file_patterns}"
        )
    return ratings, catalogue


def _unknown_movie(graph: TransformGraph) -> dict[str, np.ndarray]:
    """The item tower's inputs for a movie of which nothing is known."""
    no_genres = tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0], tf.string), [1, 0])
    outputs = graph.of_movies(tf.constant([""]), no_genres)
    return {name: outputs[name].numpy() for name in MOVIE_FEATURES}


def _write_movies(catalogue: Catalogue, model_folder: str) -> None:
    """Writes movieId, title and genres of the catalogue as CSV beside the model."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("movieId", "title", "genres"))
    names = (*features.GENRE_NAMES, "Other")
    rows = zip(
        catalogue.movie_ids,
        catalogue.titles,
        catalogue.columns[features.GENRE_INDICES],
        strict=True,
    )
    for movie_id, title, genres in rows:
        listed = "|".join(names[index] for index in genres if index >= 0)
        writer.writerow((movie_id, title.decode("utf-8", "replace"), listed))
    path = PurePosixPath(model_folder) / MOVIES_FILE
    tf.io.gfile.makedirs(str(path.parent))
    with tf.io.gfile.GFile(str(path), "w") as file:
        file.write(text.getvalue())
