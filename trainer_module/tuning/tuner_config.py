"""Options of the search for better hyper-parameters, and which options it may change."""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field

from movielens.section import Count, Positive, Section, Seed
from trainer_module.config import TrainerConfig
from trainer_module.registry import MODELS

# Held fixed, and written into the artifact: hyper-parameters are of one model and one objective.
FIXED_OPTIONS: Final = ("model", "objective")


class TunerConfig(Section):
    """Whether to search for better hyper-parameters, and what the search may cost."""

    enabled: bool = Field(
        False, description="Searches before training, and trains with the best. `--tune` sets it."
    )
    trials: Count = Field(
        8, description="At most this many trainings. The first is of the configured values."
    )
    max_minutes: Positive = Field(
        10.0, description="No trial is started later than this. One that runs is let finish."
    )
    seed: Seed = Field(
        0, description="Seed of the search. Each trial trains with the trainer's own."
    )


def tuned_options(model: str) -> tuple[str, ...]:
    """The trainer's options that a search may change for a model.

    Raises:
        ValueError: The model has nothing to tune.
    """
    if not MODELS[model].tuned:
        tunable = ", ".join(name for name, spec in MODELS.items() if spec.tuned)
        raise ValueError(
            f"The model should have something to tune, as {tunable} have. "
            f"Received: {model!r}. Choose another trainer.model, or leave tuner.enabled off."
        )
    return MODELS[model].tuned


def tuned(config: TrainerConfig, hyperparameters: Mapping[str, Any] | None) -> TrainerConfig:
    """Replaces the configured values by those that a search found, if there was one.

    They come as `FnArgs.hyperparameters` has them: `HyperParameters.get_config()` of KerasTuner.

    Raises:
        ValueError: They are of another model or objective, or name an option that the search does
            not change.
    """
    if hyperparameters is None:
        return config
    values = dict(hyperparameters["values"])
    for name in FIXED_OPTIONS:
        if (found := values.pop(name, None)) != getattr(config, name):
            raise ValueError(
                f"Hyper-parameters should be of trainer.{name} {getattr(config, name)!r}. "
                f"Received: those of {found!r}. Tune again."
            )
    if unknown := sorted(set(values) - set(tuned_options(config.model))):
        raise ValueError(
            f"Hyper-parameters should be among {', '.join(tuned_options(config.model))}. "
            f"Received: {', '.join(unknown)}. Tune again."
        )
    if "hidden_units" in values:
        values["hidden_units"] = tuple(json.loads(values["hidden_units"]))
    return config.replace(**values)
