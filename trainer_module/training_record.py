"""What a model has learned from, told beside it for whoever may build on it.

A JSON file, so that it is read without TensorFlow: `components.baseline_resolver` judges by it
whether a later model may start from this one.
"""

import dataclasses
import datetime
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final, Self

import tensorflow as tf

from trainer_module.config import TrainerConfig
from trainer_module.training_data import TrainingData
from transform_module import features

RECORD_FILE: Final = "assets.extra/training_record.json"
BASE_MODEL: Final = "base_model"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingRecord:
    """What stands in the file.

    Attributes:
        model: Of `TrainerConfig`.
        objective: Of `TrainerConfig`.
        learned_until: The latest time of a rating that the model has learned from, seconds since
            the epoch, by the split that it is of. Eval counts, whether it was trained on or chosen
            by. `base_model` stands for all that the model it was started from had learned from.
    """

    model: str
    objective: str
    learned_until: Mapping[str, int]

    @classmethod
    def of(cls, config: TrainerConfig, data: TrainingData, base: Self | None) -> Self:
        """Makes the record of a training.

        Args:
            config: Model and objective.
            data: Train, and eval where something is chosen by it.
            base: Of the model whose weights were taken over, if any were.
        """
        until = {features.SPLIT_TRAIN: int(data.train.timestamps.max())}
        if data.evaluation is not None:
            until[features.SPLIT_EVAL] = int(data.evaluation.timestamps.max())
        if base is not None:
            until[BASE_MODEL] = base.latest
        return cls(model=config.model, objective=config.objective, learned_until=until)

    @property
    def latest(self) -> int:
        """The latest time of all."""
        return max(self.learned_until.values())

    @classmethod
    def read(cls, model_folder: str) -> Self | None:
        """Reads the record of a SavedModel; None where it has none."""
        path = str(PurePosixPath(model_folder) / RECORD_FILE)
        if not tf.io.gfile.exists(path):
            return None
        with tf.io.gfile.GFile(path) as file:
            return cls(**json.loads(file.read()))

    def write(self, model_folder: str) -> None:
        """Writes the record beside a SavedModel."""
        path = PurePosixPath(model_folder) / RECORD_FILE
        tf.io.gfile.makedirs(str(path.parent))
        with tf.io.gfile.GFile(str(path), "w") as file:
            file.write(json.dumps(dataclasses.asdict(self), indent=2) + "\n")


def as_time(seconds: int) -> str:
    """Seconds since the epoch for people, UTC.

    >>> as_time(1_000_000_000)
    '2001-09-09T01:46:40+00:00'
    """
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()
