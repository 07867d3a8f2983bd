"""Options of the model and its training, checked where they are made."""

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any, Self

from trainer_module.registry import MODELS

FOLDS_BY = ("time", "hash")

# The default of an option whose best value differs from model to model: see `ModelSpec.preset`.
_MODELS_OWN: Any = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainerConfig:
    """What is trained and how.

    Options without a value take the model's own: see `trainer_module.registry`.

    Attributes:
        model: A name of `trainer_module.registry.MODELS`.
        objective: A name of `trainer_module.models.objectives.OBJECTIVES`; `ordinal` for `gp_dnn`
            alone.
        embedding_dim: Width of the vectors whose dot product is the taste part of the score.
        hidden_units: Width of the hidden layers of the towers or the head.
        genre_dim: Width of a genre's embedding.
        dropout: Share of hidden units dropped in training.
        item_id_dropout: Share of movie ids hidden from the item tower in training, so that the
            metadata alone learns to describe a movie.
        input_dropout: Share of the rating head's inputs dropped in training.
        members: Networks side by side in the rating head.
        embedding_l2: Weight of the mean squared norm of the id embeddings in the loss.
        kernel_l2: Weight of the squared kernels of the dense layers in the loss.
        weight_decay: Of AdamW, decoupled from the learning rate's own decay.
        learning_rate: Of Adam.
        cosine_decay: Let the learning rate fall to nothing over the epochs, along a cosine.
        batch_size: Ratings a step.
        epochs: At most this many passes over train.
        patience: Epochs without a smaller error on eval before training stops: RMSE for `mse`, log
            loss for `cross_entropy`.
        refit: Train once more on train and eval together, for as many epochs as were best, and
            export that; every choice and every figure of the report rests on the first training.
        folds_by: How the rows that `gp_dnn` learns from are kept apart from the statistics and
            histories that describe them: by `time`, as when the future is to be predicted, or by
            `hash`, as when single ratings are missing.
        max_learned_rows: At most about so many train ratings teach the head of `gp_dnn`, those of
            some users whole; its statistics are of all. A million take 0.4 GB.
        max_history: Most recent ratings of a user that the model looks at.
        min_model_history: Known movies in a history from which on `recommend` uses the model's
            scores; fewer take the `content` tier, none the `popular` one.
        popularity_damping: Ratings after which half of what is predicted or found alike is
            believed in ranking (`trainer_module.export.ranking`).
        affinity_damping: Ridge penalty of the weights between movies that order `recommend`
            (`trainer_module.export.ease`).
        affinity_rank: Width of their factors.
        affinity_decay: Position in the history at which a like counts half.
        affinity_movies: At most this many movies, the most rated, have weights; the time to fit
            them grows with its cube.
        affinity_min_ratings: Train ratings that a movie needs to have weights.
        seed: Of every random choice.
    """

    model: str = "gp_dnn"
    objective: str = _MODELS_OWN
    embedding_dim: int = 32
    hidden_units: tuple[int, ...] = _MODELS_OWN
    genre_dim: int = 16
    dropout: float = _MODELS_OWN
    item_id_dropout: float = 0.2
    input_dropout: float = 0.2
    members: int = 2
    embedding_l2: float = _MODELS_OWN
    kernel_l2: float = 1e-5
    weight_decay: float = _MODELS_OWN
    learning_rate: float = _MODELS_OWN
    cosine_decay: bool = _MODELS_OWN
    batch_size: int = _MODELS_OWN
    epochs: int = _MODELS_OWN
    patience: int = _MODELS_OWN
    refit: bool = _MODELS_OWN
    folds_by: str = "time"
    max_learned_rows: int = 2_000_000
    max_history: int = _MODELS_OWN
    min_model_history: int = 5
    popularity_damping: float = 20.0
    affinity_damping: float = 150.0
    affinity_rank: int = 128
    affinity_decay: float = 10.0
    affinity_movies: int = 10_000
    affinity_min_ratings: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        self._require_choice("model", tuple(MODELS))
        spec = MODELS[self.model]
        for name, value in spec.preset.items():
            if getattr(self, name) is _MODELS_OWN:
                object.__setattr__(self, name, value)
        object.__setattr__(self, "hidden_units", tuple(self.hidden_units))
        self._require_choice("objective", spec.objectives)
        self._require_choice("folds_by", FOLDS_BY)
        for name in (
            "embedding_dim",
            "genre_dim",
            "batch_size",
            "epochs",
            "patience",
            "members",
            "max_learned_rows",
            "max_history",
            "min_model_history",
            "affinity_rank",
            "affinity_movies",
            "affinity_min_ratings",
        ):
            self._require(name, getattr(self, name) >= 1, "a positive integer")
        self._require("hidden_units", all(n >= 1 for n in self.hidden_units), "positive integers")
        for name in ("dropout", "item_id_dropout", "input_dropout"):
            self._require(name, 0 <= getattr(self, name) < 1, "at least 0 and less than 1")
        for name in ("embedding_l2", "kernel_l2", "weight_decay", "popularity_damping"):
            self._require(name, getattr(self, name) >= 0, "at least 0")
        for name in ("learning_rate", "affinity_damping", "affinity_decay"):
            self._require(name, getattr(self, name) > 0, "positive")

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ValueError(
                f"trainer.{name} should be {expected}. Received: {getattr(self, name)!r}"
            )

    def _require_choice(self, name: str, choices: tuple[str, ...]) -> None:
        value = getattr(self, name)
        if value not in choices:
            raise ValueError(
                f"trainer.{name} should be one of {', '.join(choices)}"
                f"{f' for {self.model}' if name == 'objective' else ''}. Received: {value!r}"
            )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds the options from a mapping, refusing keys that do not exist."""
        known = [field.name for field in dataclasses.fields(cls)]
        for key in values:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f" Did you mean {close[0]!r}?" if close else ""
                raise ValueError(
                    f"Unknown key in [trainer]: {key!r}.{hint} Known keys: {', '.join(known)}"
                )
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Returns the options as plain JSON values."""
        return {**dataclasses.asdict(self), "hidden_units": list(self.hidden_units)}
