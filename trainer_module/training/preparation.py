"""What training and tuning start from: the catalogue, the ratings, and a model's blueprint."""

import dataclasses
from typing import Any, Self

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from trainer_module.config import TrainerConfig
from trainer_module.data.catalogue import Catalogue
from trainer_module.data.catalogue_tables import CatalogueTables
from trainer_module.data.input_data import read_catalogue
from trainer_module.data.inputs import MOVIE_FEATURES
from trainer_module.data.training_data import RatingSource, TrainingData
from trainer_module.data.transform_graph import TransformGraph
from trainer_module.models.blueprint import Blueprint
from trainer_module.models.objectives import OBJECTIVES
from transform_module import features


@dataclasses.dataclass(frozen=True)
class Preparation:
    """All that is read before a model is built.

    Attributes:
        graph: Of Transform, for requests.
        catalogue: Every movie.
        source: Reads the ratings.
        data: Train to learn from, eval to be judged by.
        blueprint: Of the configured model.
    """

    graph: TransformGraph
    catalogue: Catalogue
    source: RatingSource
    data: TrainingData
    blueprint: Blueprint

    @classmethod
    def of(cls, fn_args: Any, config: TrainerConfig) -> Self:
        """Reads what a Trainer or a Tuner is given.

        Args:
            fn_args: TFX's `FnArgs`. `train_files` hold the splits `train` and `catalogue`,
                `eval_files` the split `eval`.
            config: What is to be built.

        Raises:
            ValueError: A split is missing or empty.
        """
        transform_output = tft.TFTransformOutput(fn_args.transform_graph_path)
        graph = TransformGraph(transform_output, config.max_history)
        train_files, catalogue_files = _by_split(fn_args.train_files)
        accessor = fn_args.data_accessor
        catalogue = read_catalogue(accessor, catalogue_files, transform_output)
        source = RatingSource(
            accessor,
            transform_output,
            catalogue.movie_ids,
            train_files,
            list(fn_args.eval_files),
            config,
        )
        data = source.by_split()
        blueprint = Blueprint(
            config=config,
            objective=OBJECTIVES[config.objective](),
            tables=CatalogueTables(catalogue, _unknown_movie(graph)),
            movies=catalogue.vocabulary_size,
            users=len(data.train.codes()[0]),
        )
        return cls(graph, catalogue, source, data, blueprint)


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
