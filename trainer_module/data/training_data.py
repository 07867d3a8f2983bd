"""What a model may learn from."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray

from trainer_module.config import TrainerConfig
from trainer_module.data.input_data import rating_dataset, read_ratings
from trainer_module.data.ratings import Ratings


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Ratings to learn from and ratings to be judged by, as arrays and as batches.

    Batches are (inputs, stars) as `input_data.rating_dataset` makes them; who does not ask for them
    does not pay for them.

    Attributes:
        train: Ratings to learn from.
        evaluation: Ratings to be judged by; none where nothing is left to choose.
        train_batches: Makes the shuffled batches of `train`, with out-of-fold aggregates.
        evaluation_batches: Makes the batches of `evaluation`.
    """

    train: Ratings
    evaluation: Ratings | None
    train_batches: Callable[[], tf.data.Dataset]
    evaluation_batches: Callable[[], tf.data.Dataset]


@dataclasses.dataclass(frozen=True)
class RatingSource:
    """Reads splits from transformed examples.

    Attributes:
        data_accessor: Of the trainer's `FnArgs`: knows how the examples are stored.
        transform_output: Of Transform: the schema of the examples.
        catalogue_ids: int64 [N], rising, the movies of the catalogue's rows 1 to N.
        train_files: Patterns of the files of split `train`.
        eval_files: Patterns of the files of split `eval`.
        config: Sizes and seed.
    """

    data_accessor: Any
    transform_output: tft.TFTransformOutput
    catalogue_ids: NDArray[Any]
    train_files: Sequence[str]
    eval_files: Sequence[str]
    config: TrainerConfig

    def by_split(self) -> TrainingData:
        """Train to learn from, eval to be judged by."""
        return TrainingData(
            self._train,
            self._evaluation,
            lambda: self._batches(self.train_files, self.config.seed),
            lambda: self._batches(self.eval_files),
        )

    def together(self) -> TrainingData:
        """Train and eval to learn from, nothing to be judged by."""
        files = [*self.train_files, *self.eval_files]
        return TrainingData(
            Ratings.concatenated([self._train, self._evaluation]),
            None,
            lambda: self._batches(files, self.config.seed),
            lambda: self._batches([]),
        )

    @functools.cached_property
    def _train(self) -> Ratings:
        return self._ratings(self.train_files)

    @functools.cached_property
    def _evaluation(self) -> Ratings:
        return self._ratings(self.eval_files)

    def _ratings(self, files: Sequence[str]) -> Ratings:
        return read_ratings(self.data_accessor, files, self.transform_output, self.catalogue_ids)

    def _batches(self, files: Sequence[str], shuffle_seed: int | None = None) -> tf.data.Dataset:
        return rating_dataset(
            self.data_accessor,
            files,
            self.transform_output,
            max_history=self.config.max_history,
            batch_size=self.config.batch_size,
            shuffle_seed=shuffle_seed,
        )
