"""What training and tuning start from: the catalogue, the ratings, and a model's blueprint."""

import dataclasses
from typing import Any, Self

import tensorflow as tf
import tensorflow_transform as tft

from trainer_module.config import TrainerConfig
from trainer_module.data.catalogue import Catalogue, CatalogueTables
from trainer_module.data.input_data import RawExamples
from trainer_module.data.inputs import MOVIE_FEATURES
from trainer_module.data.training_data import RatingSource
from trainer_module.data.transform_graph import TransformGraph
from trainer_module.models.objectives import OBJECTIVES
from trainer_module.models.rating_model import Blueprint
from transform_module import features


@dataclasses.dataclass(frozen=True)
class Preparation:
    """All that is read before a model is built."""

    graph: TransformGraph  # of Transform, for requests
    catalogue: Catalogue  # every movie
    source: RatingSource  # reads the ratings
    blueprint: Blueprint  # of the configured model

    @classmethod
    def of(cls, fn_args: Any, config: TrainerConfig) -> Self:
        """Reads what a Trainer or a Tuner is given, TFX's `FnArgs`: see `run_fn`.

        Raises:
            ValueError: A split is missing or empty.
        """
        transform_output = tft.TFTransformOutput(fn_args.transform_graph_path)
        graph = TransformGraph(transform_output, config.max_history)
        train_files, catalogue_files = _by_split(fn_args.train_files)
        examples = RawExamples(fn_args.data_accessor, graph)
        catalogue = examples.catalogue(catalogue_files)
        source = RatingSource(
            examples, catalogue.movie_ids, train_files, list(fn_args.eval_files), config
        )
        # A movie of which nothing is known.
        unknown = graph.of_titles(tf.constant([""]), tf.constant([""]))
        blueprint = Blueprint(
            config=config,
            objective=OBJECTIVES[config.objective](),
            tables=CatalogueTables(
                catalogue, {name: unknown[name].numpy() for name in MOVIE_FEATURES}
            ),
            movies=catalogue.vocabulary_size,
            users=len(source.train.codes()[0]),
        )
        return cls(graph, catalogue, source, blueprint)


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
