"""The models by name, with what is known of each before TensorFlow is loaded.

The only list of models. A new one is a file in `models/`, or a room of its own, and an entry here.
"""

import dataclasses
import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from trainer_module.models.rating_model import Blueprint, RatingModel

# Each was best on the eval ratings of `temporal`.
_COMMON_PRESET: Final[Mapping[str, Any]] = {
    "objective": "mse",
    "hidden_units": (64,),
    "dropout": 0.2,
    "embedding_l2": 1e-4,
    "weight_decay": 0.0,
    "learning_rate": 1e-3,
    "batch_size": 512,
    "cosine_decay": False,
    "epochs": 12,
    "patience": 2,
    "max_history": 100,
    "refit": False,
}
_TUNED_OF_EMBEDDINGS: Final = ("learning_rate", "embedding_dim", "embedding_l2")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """What is known of a model by its name."""

    import_path: str  # of its class, a `RatingModel` that takes a `Blueprint`
    objectives: tuple[str, ...] = ("mse", "cross_entropy")  # what it can be trained for
    # The values of the options whose best value differs from model to model.
    preset: Mapping[str, Any] = dataclasses.field(default_factory=lambda: _COMMON_PRESET)
    tuned: tuple[str, ...] = ()  # options that the Tuner may vary
    # Whether it learns from the aggregates of Transform, the only features that differ in the leaky
    # protocol of the scoreboard.
    reads_aggregates: bool = True


MODELS: Final[Mapping[str, ModelSpec]] = {
    "dummy": ModelSpec(import_path="trainer_module.models.baselines.Dummy"),
    "popular": ModelSpec(import_path="trainer_module.models.baselines.Popular"),
    "bias": ModelSpec(import_path="trainer_module.models.baselines.Bias"),
    "mf": ModelSpec(
        import_path="trainer_module.models.mf.Mf",
        preset={**_COMMON_PRESET, "embedding_l2": 0.05, "epochs": 20},
        tuned=_TUNED_OF_EMBEDDINGS,
    ),
    "mf_history": ModelSpec(
        import_path="trainer_module.models.mf.MfHistory", tuned=_TUNED_OF_EMBEDDINGS
    ),
    "mf_dnn": ModelSpec(
        import_path="trainer_module.models.mf_dnn.MfDnn",
        tuned=(*_TUNED_OF_EMBEDDINGS, "dropout", "hidden_units"),
    ),
    "gp_dnn": ModelSpec(
        import_path="trainer_module.gp_dnn.model.GpDnn",
        # Its head has a score for each step of the scale.
        objectives=("mse", "cross_entropy", "ordinal"),
        preset={
            **_COMMON_PRESET,
            "objective": "ordinal",
            "hidden_units": (64, 64),
            "learning_rate": 8e-3,
            "batch_size": 1024,
            "cosine_decay": True,
            "epochs": 8,
            "patience": 8,
            "max_history": 400,
            "refit": True,
        },
        # What the head reads. All before it is computed once for all trials.
        tuned=(
            "learning_rate",
            "dropout",
            "input_dropout",
            "hidden_units",
            "members",
            "batch_size",
            "epochs",
        ),
        reads_aggregates=False,
    ),
}


def build_model(blueprint: "Blueprint") -> "RatingModel":
    """Makes the configured model, untrained."""
    module, _, name = MODELS[blueprint.config.model].import_path.rpartition(".")
    model: RatingModel = getattr(importlib.import_module(module), name)(blueprint)
    return model
