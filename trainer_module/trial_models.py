"""A model for each trial of a search, all of which share what no trial changes."""

import dataclasses
import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer_module.blueprint import Blueprint
from trainer_module.config import TrainerConfig
from trainer_module.gp_dnn import GpDnn
from trainer_module.models import build_model
from trainer_module.movie_profile import FittedProfiles
from trainer_module.rating_model import Lessons, RatingModel
from trainer_module.ratings import Ratings
from trainer_module.training_data import TrainingData
from trainer_module.tuner_config import tuned_options

Described = tuple[NDArray[np.float32], NDArray[np.float32]]


class TrialModels:
    """Builds untrained models that differ in their hyper-parameters alone.

    Most of the time of `gp_dnn` goes into what has a closed form, and none of that depends on the
    options of its head: it is computed for the first of the models.

    Args:
        blueprint: Of the configured model.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self._answers: dict[TrainerConfig, _Answers] = {}

    def build(self, config: TrainerConfig) -> RatingModel:
        """Makes a model, to be trained on the same data as all others of this object."""
        blueprint = dataclasses.replace(self._blueprint, config=config)
        if config.model != "gp_dnn":
            return build_model(blueprint)
        middle = self._blueprint.config
        head = {name: getattr(middle, name) for name in tuned_options(config.model)}
        before_head = dataclasses.replace(config, **head)
        return _SharingGpDnn(blueprint, self._answers.setdefault(before_head, _Answers()))


@dataclasses.dataclass
class _Answers:
    """What the closed-form part of a `GpDnn` answered, in the order that it was asked.

    Attributes:
        described: Of every part of the rows.
        fitted: The last of the fits, that to all of train, which the model keeps.
        complete: Whether all has been asked.
    """

    described: list[Described] = dataclasses.field(default_factory=list)
    fitted: FittedProfiles | None = None
    complete: bool = False


class _SharingGpDnn(GpDnn):
    """Asks the same in the same order as the others, and is told what the first one found."""

    def __init__(self, blueprint: Blueprint, answers: _Answers) -> None:
        super().__init__(blueprint)
        self._answers = answers

    def lessons(self, data: TrainingData) -> Lessons:
        self._turn = itertools.count()
        lessons = super().lessons(data)
        self._answers.complete = True
        return lessons

    def _fit(self, ratings: Ratings) -> Any:
        if not self._answers.complete:
            self._answers.fitted = super()._fit(ratings)
        return self._answers.fitted

    def _described(self, fitted: FittedProfiles, known: Ratings, asked: Ratings) -> Described:
        turn = next(self._turn)
        if not self._answers.complete:
            self._answers.described.append(super()._described(fitted, known, asked))
        return self._answers.described[turn]
