"""A model for each trial of a search, all of which share what no trial changes."""

import dataclasses

from trainer_module.config import TrainerConfig
from trainer_module.data.inputs import Inputs
from trainer_module.data.training_data import TrainingData
from trainer_module.gp_dnn.described_ratings import DescribedRatings, describe_ratings
from trainer_module.gp_dnn.model import GpDnn
from trainer_module.gp_dnn.title_vectors import TitleVectors
from trainer_module.models.blueprint import Blueprint
from trainer_module.models.rating_model import RatingModel
from trainer_module.registry import build_model
from trainer_module.tuning.tuner_config import tuned_options


class TrialModels:
    """Builds untrained models that differ in their hyper-parameters alone.

    Most of the time of `gp_dnn` goes into what has a closed form, and none of that depends on the
    options of its head: it is computed for the first of the models.

    Args:
        blueprint: Of the configured model.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self._described: dict[TrainerConfig, DescribedRatings] = {}

    def build(self, config: TrainerConfig) -> RatingModel:
        """Makes a model, to be trained on the same data as all others of this object."""
        blueprint = dataclasses.replace(self._blueprint, config=config)
        if config.model != "gp_dnn":
            return build_model(blueprint)
        return GpDnn(blueprint, self._describe)

    def _describe(
        self, data: TrainingData, movies: Inputs, titles: TitleVectors, config: TrainerConfig
    ) -> DescribedRatings:
        configured = self._blueprint.config
        head = {name: getattr(configured, name) for name in tuned_options(config.model)}
        before_head = dataclasses.replace(config, **head)
        if before_head not in self._described:
            described = describe_ratings(data, movies, titles, config)
            self._described[before_head] = described
        return self._described[before_head]
