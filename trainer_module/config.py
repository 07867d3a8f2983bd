"""Options of the model and its training, checked where they are made."""

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any, Self

MODELS = ("dummy", "popular", "bias", "mf", "mf_history", "mf_dnn")
OBJECTIVES = ("mse", "cross_entropy")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainerConfig:
    """What is trained and how.

    Attributes:
        model: A name of `trainer_module.models.MODELS`.
        objective: A name of `trainer_module.objectives.OBJECTIVES`.
        embedding_dim: Width of the vectors whose dot product is the taste part of the score.
        hidden_units: Width of the towers' hidden ReLU layers.
        genre_dim: Width of a genre's embedding.
        dropout: Share of hidden units dropped in training.
        item_id_dropout: Share of movie ids hidden from the item tower in training, so that the
            metadata alone learns to describe a movie.
        embedding_l2: Weight of the mean squared norm of the id embeddings in the loss.
        kernel_l2: Weight of the squared kernels of the dense layers in the loss.
        learning_rate: Of Adam.
        batch_size: Ratings a step.
        epochs: At most this many passes over train.
        patience: Epochs without a smaller error on eval before training stops: RMSE for `mse`, log
            loss for `cross_entropy`.
        max_history: Most recent ratings of a user that the model looks at.
        min_model_history: Known movies in a history from which on `recommend` uses the model's
            scores; fewer take the `content` tier, none the `popular` one.
        popularity_damping: Ratings after which half of what is predicted or found alike is
            believed in ranking (`trainer_module.ranking`).
        affinity_damping: Ridge penalty of the weights between movies that order `recommend`
            (`trainer_module.ease`).
        affinity_rank: Width of their factors.
        affinity_decay: Position in the history at which a like counts half.
        affinity_movies: At most this many movies, the most rated, have weights; the time to fit
            them grows with its cube.
        affinity_min_ratings: Train ratings that a movie needs to have weights.
        seed: Of every random choice.
    """

    model: str = "mf_dnn"
    objective: str = "mse"
    embedding_dim: int = 32
    hidden_units: tuple[int, ...] = (64,)
    genre_dim: int = 16
    dropout: float = 0.2
    item_id_dropout: float = 0.2
    embedding_l2: float = 1e-4
    kernel_l2: float = 1e-5
    learning_rate: float = 1e-3
    batch_size: int = 512
    epochs: int = 12
    patience: int = 2
    max_history: int = 100
    min_model_history: int = 5
    popularity_damping: float = 20.0
    affinity_damping: float = 150.0
    affinity_rank: int = 128
    affinity_decay: float = 10.0
    affinity_movies: int = 10_000
    affinity_min_ratings: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden_units", tuple(self.hidden_units))
        self._require_choice("model", MODELS)
        self._require_choice("objective", OBJECTIVES)
        for name in (
            "embedding_dim",
            "genre_dim",
            "batch_size",
            "epochs",
            "patience",
            "max_history",
            "min_model_history",
            "affinity_rank",
            "affinity_movies",
            "affinity_min_ratings",
        ):
            self._require(name, getattr(self, name) >= 1, "a positive integer")
        self._require("hidden_units", all(n >= 1 for n in self.hidden_units), "positive integers")
        for name in ("dropout", "item_id_dropout"):
            self._require(name, 0 <= getattr(self, name) < 1, "at least 0 and less than 1")
        for name in ("embedding_l2", "kernel_l2", "popularity_damping"):
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
                f"trainer.{name} should be one of {', '.join(choices)}. Received: {value!r}"
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
