"""Options of the model and its training."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from movielens.config import HistoryMode
from movielens.section import Count, ListOf, OneOf, Positive, Section, Seed, Share
from trainer_module.registry import MODELS

FoldsBy = Literal["time", "hash"]

_NotNegative = Annotated[float, Field(ge=0)]
_Objective = Annotated[str, OneOf(("mse", "cross_entropy", "ordinal"))]

# The default of an option whose best value differs from model to model: see `ModelSpec.preset`.
_MODELS_OWN: Final[Any] = None


class TrainerConfig(Section):
    """What is trained and how.

    The best value of some options differs from model to model. Left out, they take
    the model's own; the reference shows that of `gp_dnn`.
    """

    model: Annotated[str, OneOf(tuple(MODELS))] = Field(
        "gp_dnn", description="The model: see docs/explanation/models.md."
    )
    objective: _Objective = Field(
        _MODELS_OWN, description="What the model is trained for. Only `gp_dnn` has `ordinal`."
    )
    embedding_dim: Count = Field(
        32, description="Width of the vectors whose dot product is the taste part of the score."
    )
    hidden_units: ListOf[Count] = Field(
        _MODELS_OWN, description="Widths of the hidden layers of the towers or the head."
    )
    genre_dim: Count = Field(16, description="Width of a genre's embedding.")
    dropout: Share = Field(_MODELS_OWN, description="Share of hidden units dropped in training.")
    item_id_dropout: Share = Field(
        0.2,
        description="Share of movie ids hidden from the item tower in training, so that the "
        "metadata alone learns to describe a movie.",
    )
    input_dropout: Share = Field(
        0.1, description="Share of the rating head's inputs dropped in training."
    )
    members: Count = Field(4, description="Networks side by side in the rating head.")
    embedding_l2: _NotNegative = Field(
        _MODELS_OWN, description="Weight of the mean squared norm of the id embeddings in the loss."
    )
    kernel_l2: _NotNegative = Field(
        1e-5, description="Weight of the squared kernels of the dense layers in the loss."
    )
    weight_decay: _NotNegative = Field(
        _MODELS_OWN,
        description="Weight decay of AdamW, decoupled from the decay of the learning rate.",
    )
    learning_rate: Positive = Field(_MODELS_OWN, description="Learning rate of Adam.")
    cosine_decay: bool = Field(
        _MODELS_OWN,
        description="Lets the learning rate fall to zero over the epochs, along a cosine.",
    )
    batch_size: Count = Field(_MODELS_OWN, description="Ratings in a training step.")
    epochs: Count = Field(
        _MODELS_OWN,
        description="At most this many epochs. An epoch is a pass over train, or a million of its "
        "ratings if there are more.",
    )
    patience: Count = Field(
        _MODELS_OWN,
        description="Training stops after this many epochs without a smaller error on eval, or on "
        "100,000 of its ratings if there are more: RMSE for `mse`, log loss for the other "
        "objectives.",
    )
    refit: bool = Field(
        _MODELS_OWN,
        description="Trains once more on train and eval together, for as many epochs as were "
        "best, and exports that. Every choice and every figure of the report rests on the first "
        "training.",
    )
    folds_by: FoldsBy = Field(
        "time",
        description="How the rows that `gp_dnn` learns from are kept apart from the statistics "
        "and histories that describe them: by `time`, to predict the future, or by `hash`, to "
        "predict single missing ratings. If unset, `time` for the splits `temporal` and "
        "`global_time`, and `hash` for the others.",
    )
    max_learned_rows: Count = Field(
        150_000,
        description="About this many train ratings at most teach the head of `gp_dnn`, and as many "
        "eval ratings judge it. Its statistics are of all ratings.",
    )
    max_history: Count = Field(
        _MODELS_OWN, description="Most recent ratings of a user that the model looks at."
    )
    history: HistoryMode = Field(
        "leave_one_out",
        description="What the history of a row that a model learns from holds: the user's other "
        "ratings (`leave_one_out`), or only the earlier ones (`past`). `gp_dnn` learns from the "
        "ratings themselves and has `folds_by`.",
    )
    min_model_history: Count = Field(
        5,
        description="Known movies that a history needs before `recommend` uses the model's "
        "scores. Shorter ones take the tier `content`, empty ones `popular`.",
    )
    popularity_damping: _NotNegative = Field(
        20.0,
        description="Number of ratings of a movie at which rankings believe half of its predicted "
        "rating or similarity.",
    )
    affinity_damping: Positive = Field(
        150.0, description="Ridge penalty of the weights between movies that order `recommend`."
    )
    affinity_rank: Count = Field(
        128, description="Width of the factors that the weights between movies are kept as."
    )
    affinity_decay: Positive = Field(
        10.0, description="Position in the history at which a like counts half."
    )
    affinity_movies: Count = Field(
        10_000,
        description="At most this many movies, the most rated, have weights between them. The time "
        "to fit the weights grows with the cube of this number.",
    )
    affinity_min_ratings: Count = Field(
        5, description="Train ratings that a movie needs to have weights to others."
    )
    seed: Seed = Field(0, description="Seed of every random choice.")

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        model = values.get("model", cls.model_fields["model"].default)
        spec = MODELS.get(model) if isinstance(model, str) else None
        return {**spec.preset, **values} if spec else values

    @field_validator("objective")
    @classmethod
    def _require_objective_of_the_model(cls, objective: str, info: ValidationInfo) -> str:
        model = info.data.get("model")  # absent if there is no such model
        if model and objective not in MODELS[model].objectives:
            choices = ", ".join(MODELS[model].objectives)
            raise ValueError(f"should be one of {choices} for {model}")
        return objective
