"""A model for each trial of a search, all of which share what no trial changes."""

import dataclasses
from collections.abc import Callable
from typing import Any

from trainer_module.config import TrainerConfig
from trainer_module.models.blueprint import Blueprint
from trainer_module.models.rating_model import RatingModel
from trainer_module.registry import build_model


class TrialModels:
    """Builds untrained models that differ in their hyper-parameters alone.

    Args:
        blueprint: Of the configured model.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self._results: dict[Any, Any] = {}

    def build(self, config: TrainerConfig) -> RatingModel:
        """Makes a model, to be trained on the same data as all others of this object."""
        model = build_model(dataclasses.replace(self._blueprint, config=config))
        model.share(self._once)
        return model

    def _once(self, key: Any, compute: Callable[[], Any]) -> Any:
        if key not in self._results:
            self._results[key] = compute()
        return self._results[key]
