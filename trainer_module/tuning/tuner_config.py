"""Options of the search for better hyper-parameters, and which of a model's it may change."""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any, Final, Self

from trainer_module.config import TrainerConfig
from trainer_module.registry import MODELS

# Ride along in the artifact, held fixed: hyper-parameters are of one model and one objective.
FIXED_OPTIONS: Final = ("model", "objective")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TunerConfig:
    """Whether to search for better hyper-parameters, and what the search may cost.

    Attributes:
        enabled: Search before training, and train with the best.
        trials: At most this many trainings; the first is of the configured values.
        max_minutes: No trial is started later than this; one that runs is let finish.
        seed: Of the search; each trial trains with the trainer's own.
    """

    enabled: bool = False
    trials: int = 8
    max_minutes: float = 10.0
    seed: int = 0

    def __post_init__(self) -> None:
        self._require("trials", self.trials >= 1, "a positive integer")
        minutes = self.max_minutes
        self._require("max_minutes", math.isfinite(minutes) and minutes > 0, "positive")
        self._require("seed", self.seed >= 0, "at least 0")

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ValueError(f"tuner.{name} should be {expected}. Received: {getattr(self, name)}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds the options from a mapping, refusing keys that do not exist."""
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"Unknown key in [tuner]: {unknown}. Known keys: {sorted(known)}")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Returns the options as plain JSON values."""
        return dataclasses.asdict(self)


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
    """Lays what a search found over the configured values.

    Args:
        config: The configured values.
        hyperparameters: `HyperParameters.get_config()` of KerasTuner, as the Tuner component writes
            it and `FnArgs.hyperparameters` brings it; None where nothing was tuned.

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
    return dataclasses.replace(config, **values)
