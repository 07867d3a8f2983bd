"""The lessons that the rating head of `gp_dnn` learns from, made as the Trainer makes them."""

import dataclasses
from typing import Any

import keras
import numpy as np
import pyarrow as pa
import tensorflow as tf
from numpy.typing import NDArray

from audit.features import Tables, one_each
from trainer_module.config import FoldsBy, TrainerConfig
from trainer_module.data.catalogue import Catalogue, CatalogueTables
from trainer_module.data.input_data import CATALOGUE_COLUMNS
from trainer_module.data.ratings import COLUMNS, Ratings
from trainer_module.data.training_data import TrainingData
from trainer_module.gp_dnn.model import GpDnn
from trainer_module.models.objectives import MeanSquaredError
from trainer_module.models.rating_model import Blueprint
from transform_module import features


@dataclasses.dataclass(frozen=True)
class Taught:
    """The lessons of a split, in an order that does not depend on the stars."""

    inputs: NDArray[np.float32]  # [n, F]
    stars: NDArray[np.float32]  # [n]

    def changed(self, other: "Taught", rows: NDArray[Any] | slice = slice(None)) -> list[str]:
        """Returns how the inputs of some rows differ from another's; empty if no bit does."""
        if self.inputs.shape != other.inputs.shape:
            return [f"lessons of shape {self.inputs.shape} became {other.inputs.shape}"]
        differs = _bits(self.inputs[rows]) != _bits(other.inputs[rows])
        if not differs.any():
            return []
        count, places = differs.any(axis=1).sum(), np.flatnonzero(differs.any(axis=0)).tolist()
        return [f"inputs {places} changed in {count} of {len(differs)} lessons"]


@dataclasses.dataclass(frozen=True)
class Classroom:
    """The catalogue and the ratings that lessons are made of."""

    catalogue: Catalogue
    train: Ratings
    evaluation: Ratings

    @classmethod
    def of_tables(cls, tables: Tables) -> "Classroom":
        """Takes them from transformed features, as the Trainer does."""
        movies = tables[features.SPLIT_CATALOGUE]
        catalogue = Catalogue.from_columns(
            {name: _dense(movies, name) for name in CATALOGUE_COLUMNS}
        )
        train, evaluation = (
            Ratings.from_columns(
                {name: one_each(tables[split], name) for name in COLUMNS}, catalogue.movie_ids
            )
            for split in (features.SPLIT_TRAIN, features.SPLIT_EVAL)
        )
        return cls(catalogue, train, evaluation)

    def taught(self, folds_by: FoldsBy) -> dict[str, Taught]:
        """Returns the lessons that `gp_dnn` makes of the ratings, by split.

        The seed shuffles them, so that their order depends on their number alone.
        """
        keras.utils.set_random_seed(0)
        config = TrainerConfig(model="gp_dnn", objective="mse", folds_by=folds_by)
        model = GpDnn(
            Blueprint(
                config=config,
                objective=MeanSquaredError(),
                tables=CatalogueTables(self.catalogue, self._nothing_known()),
                movies=self.catalogue.vocabulary_size,
                users=len(self.train.codes()[0]),
            )
        )
        lessons = model.lessons(TrainingData(self.train, self.evaluation, _unasked, _unasked))
        if lessons.evaluation is None:
            raise ValueError("gp_dnn made no lessons of the eval ratings that it was given.")
        return {
            features.SPLIT_TRAIN: _collected(lessons.train),
            features.SPLIT_EVAL: _collected(lessons.evaluation),
        }

    def _nothing_known(self) -> dict[str, NDArray[Any]]:
        """Returns row 0 of the tables, of which there is no rating: no genres, no title, year 0."""
        lists = dict.fromkeys(features.FIXED_LISTS, features.PADDING_ID)
        return {
            name: np.full_like(column[:1], lists.get(name, 0))
            for name, column in self.catalogue.movie_features.items()
        }


def _unasked() -> tf.data.Dataset:
    raise NotImplementedError("gp_dnn learns from its own lessons, not from batches of rows.")


def _collected(batches: tf.data.Dataset) -> Taught:
    inputs, stars = zip(*batches.as_numpy_iterator(), strict=True)
    return Taught(np.concatenate(inputs), np.concatenate(stars))


def _dense(table: pa.Table, name: str) -> NDArray[Any]:
    """Returns a column with the same number of values in each row, [n, width]."""
    return one_each(table, name).reshape(len(table), -1)


def _bits(values: NDArray[np.float32]) -> NDArray[np.int32]:
    return np.ascontiguousarray(values).view(np.int32)
