"""The ratings that a model learns from and is judged by."""

import dataclasses
import functools
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.config import TrainerConfig
from trainer_module.data.input_data import RawExamples
from trainer_module.data.ratings import Ratings


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Ratings to learn from and ratings to be judged by, as arrays and as batches.

    Batches are (inputs, stars) as `RawExamples.batches` makes them. They are read only if a model
    asks for them.
    """

    train: Ratings  # to learn from
    evaluation: Ratings | None  # to be judged by; None if nothing is left to choose
    # Makes the shuffled batches of `train`, with out-of-fold aggregates.
    train_batches: Callable[[], tf.data.Dataset]
    # Makes the batches of `evaluation`, or None.
    evaluation_batches: Callable[[], tf.data.Dataset | None]


@dataclasses.dataclass(frozen=True)
class RatingSource:
    """Reads the ratings of a run."""

    examples: RawExamples
    catalogue_ids: NDArray[np.int64]  # int64 [N], rising, the movies of the catalogue's rows 1 to N
    train_files: Sequence[str]  # patterns of the files of split `train`
    eval_files: Sequence[str]  # patterns of the files of split `eval`
    config: TrainerConfig  # sizes and seed

    def by_split(self) -> TrainingData:
        """Train to learn from, eval to be judged by."""
        return TrainingData(
            self.train,
            self.evaluation,
            lambda: self._batches(self.train_files, self.train, training=True),
            lambda: self._batches(self.eval_files, self.evaluation, training=False),
        )

    def together(self) -> TrainingData:
        """Train and eval to learn from, nothing to be judged by."""
        ratings = Ratings.concatenated([self.train, self.evaluation])
        files = [*self.train_files, *self.eval_files]
        return TrainingData(
            ratings, None, lambda: self._batches(files, ratings, training=True), lambda: None
        )

    @functools.cached_property
    def train(self) -> Ratings:
        return self.examples.ratings(self.train_files, self.catalogue_ids)

    @functools.cached_property
    def evaluation(self) -> Ratings:
        return self.examples.ratings(self.eval_files, self.catalogue_ids)

    def _batches(
        self, files: Sequence[str], ratings: Ratings, *, training: bool
    ) -> tf.data.Dataset:
        return self.examples.batches(files, ratings, self.config, training=training)
