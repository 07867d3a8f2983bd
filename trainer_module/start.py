"""Where the learned weights of a training start from: another model's, or their initialisers."""

import dataclasses
from typing import Self

import keras

from trainer_module.config import TrainerConfig
from trainer_module.learned_weights import LearnedWeights, Vocabularies, named_variables
from trainer_module.preparation import Preparation
from trainer_module.training_record import TrainingRecord, as_time


@dataclasses.dataclass(frozen=True)
class Started:
    """How a training started.

    Attributes:
        warm: Whether from another model's weights.
        told: From which, or why not.
    """

    warm: bool
    told: str


@dataclasses.dataclass(frozen=True)
class Start:
    """Fills a model that has just made its weights.

    Taken over is all or nothing: a head of one model on the embeddings of another is neither. What
    keeps a model from being started from is told, and never fails a training.

    Attributes:
        vocabularies: Of the model to be trained.
        weights: To start from; None starts cold.
        record: Of the model that they are of.
        why_cold: Why there are no weights to start from.
    """

    vocabularies: Vocabularies
    weights: LearnedWeights | None = None
    record: TrainingRecord | None = None
    why_cold: str = ""

    @classmethod
    def of(cls, base_model: str | None, config: TrainerConfig, prepared: Preparation) -> Self:
        """Reads a model to start from.

        Args:
            base_model: The folder of its SavedModel, of TFX's `FnArgs`; None where there is none.
            config: What is to be trained.
            prepared: On what.
        """
        vocabularies = prepared.vocabularies
        if base_model is None:
            return cls(vocabularies, why_cold="there is no model to start from")
        record, weights = TrainingRecord.read(base_model), LearnedWeights.read(base_model)
        if record is None or weights is None:
            return cls(vocabularies, why_cold=f"{base_model} does not tell what it has learned")
        if why_cold := _why_not(record, config, prepared):
            return cls(vocabularies, why_cold=why_cold)
        return cls(vocabularies, weights, record)

    def fill(self, model: keras.Model) -> Started:
        """Puts the weights into a model.

        Args:
            model: Has made its weights; they are changed in place.
        """
        if self.weights is None or self.record is None:
            return Started(False, self.why_cold)
        fresh = LearnedWeights.of(model, self.vocabularies)
        if not fresh.values:
            return Started(False, "the model learns no weights")
        if difference := fresh.difference(self.weights):
            return Started(False, difference)
        moved = self.weights.moved_to(fresh)
        for name, variable in named_variables(model).items():
            variable.assign(moved.values[name])
        shares = self.weights.known_share(fresh).items()
        known = [f", {known:,} of {all_:,} {name}s known" for name, (known, all_) in shares]
        learned = f"a model that has learned until {as_time(self.record.latest)}"
        return Started(True, f"{len(moved.values)} weights of {learned}{''.join(known)}")


def _why_not(record: TrainingRecord, config: TrainerConfig, prepared: Preparation) -> str:
    """Why a model is not to be started from; nothing where it may be.

    Ratings that it has learned from must not come back as ratings to choose or to judge by. Test is
    none of the Trainer's business: who hands the model over sees to that as well.
    """
    if (record.model, record.objective) != (config.model, config.objective):
        return (
            f"the model to start from is {record.model} ({record.objective}), "
            f"not {config.model} ({config.objective})"
        )
    evaluation = prepared.data.evaluation
    if evaluation is not None and record.latest >= (first := int(evaluation.timestamps.min())):
        return (
            f"the model to start from has learned until {as_time(record.latest)}, and the first "
            f"eval rating is of {as_time(first)}"
        )
    return ""
