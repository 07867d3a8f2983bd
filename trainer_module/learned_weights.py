"""What a model has learned, by name, in a form that a model of other data can start from.

A weight is named by the layers that lead to it. Rows that belong to movies or users say so in the
name, and their ids ride along: from one span to the next both come and go, and a row of the same
number is of somebody else.
"""

import dataclasses
import io
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final, Self

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

MOVIE_VOCABULARY: Final = "movie"
USER_VOCABULARY: Final = "user"
# Rides beside the model, where a model server ignores it.
WEIGHTS_FILE: Final = "assets.extra/learned_weights.npz"
_WEIGHT, _IDS = "weight/", "ids/"  # what the names in the file begin with

Vocabularies = Mapping[str, NDArray[np.int64]]
"""By name, the ids of the indices 1, 2, ...; index 0 is of no id."""


def by_vocabulary(vocabulary: str) -> str:
    """Names a layer whose weight has a row for each index of a vocabulary."""
    return f"by_{vocabulary}"


@dataclasses.dataclass(frozen=True)
class LearnedWeights:
    """All weights that were learned by gradient descent.

    Attributes:
        values: By name.
        vocabularies: Those by which some of them have their rows, and no others: a model that knows
            no user by id is not to carry their ids.
    """

    values: Mapping[str, NDArray[Any]]
    vocabularies: Vocabularies

    @classmethod
    def of(cls, model: keras.Model, vocabularies: Vocabularies) -> Self:
        """Reads them off a model that has made its weights."""
        values = {name: variable.numpy() for name, variable in named_variables(model).items()}
        needed = {vocabulary_of(name) for name in values} - {None}
        return cls(values, {name: vocabularies[name] for name in vocabularies if name in needed})

    @classmethod
    def read(cls, model_folder: str) -> Self | None:
        """Reads what lies beside a SavedModel; None where nothing does."""
        path = str(PurePosixPath(model_folder) / WEIGHTS_FILE)
        if not tf.io.gfile.exists(path):
            return None
        with tf.io.gfile.GFile(path, "rb") as file:
            stored = np.load(io.BytesIO(file.read()), allow_pickle=False)

        values, vocabularies = (
            {name.removeprefix(kind): stored[name] for name in stored if name.startswith(kind)}
            for kind in (_WEIGHT, _IDS)
        )
        return cls(values, vocabularies)

    def write(self, model_folder: str) -> None:
        """Writes them beside a SavedModel."""
        content = io.BytesIO()
        named: dict[str, Any] = {_WEIGHT + name: value for name, value in self.values.items()}
        named |= {_IDS + name: ids for name, ids in self.vocabularies.items()}
        np.savez(content, **named)
        path = PurePosixPath(model_folder) / WEIGHTS_FILE
        tf.io.gfile.makedirs(str(path.parent))
        with tf.io.gfile.GFile(str(path), "wb") as file:
            file.write(content.getvalue())

    def difference(self, other: Self) -> str:
        """Says in what weights to start from are of another architecture; nothing where in nothing.

        What has a row for each id may have another number of rows.
        """
        for name in sorted(self.values.keys() | other.values.keys()):
            mine, theirs = self._kind(name), other._kind(name)
            if mine != theirs:
                return f"{name} should be {mine}; in the model to start from it is {theirs}"
        return ""

    def moved_to(self, fresh: Self) -> Self:
        """These weights for the vocabularies of another model of the same architecture.

        Args:
            fresh: The other model's first weights: those of ids that these do not know stay.
        """
        values = dict(self.values)
        for name, value in self.values.items():
            if vocabulary := vocabulary_of(name):
                ids, known = (each.vocabularies[vocabulary] for each in (fresh, self))
                _, here, there = np.intersect1d(ids, known, assume_unique=True, return_indices=True)
                values[name] = fresh.values[name].copy()
                values[name][here + 1] = value[there + 1]  # row 0 is of no id, and learns nothing
        return dataclasses.replace(fresh, values=values)

    def known_share(self, fresh: Self) -> Mapping[str, tuple[int, int]]:
        """By vocabulary of another model, how many of its ids these know, and how many it has."""
        return {
            name: (int(np.isin(ids, self.vocabularies[name]).sum()), len(ids))
            for name, ids in fresh.vocabularies.items()
        }

    def _kind(self, name: str) -> str:
        """Type and shape of a weight, without the length of a vocabulary."""
        if name not in self.values:
            return "absent"
        value = self.values[name]
        vocabulary = vocabulary_of(name)
        shape: list[Any] = list(value.shape)
        if vocabulary is not None:
            shape[0] = vocabulary
        return f"{value.dtype} [{', '.join(map(str, shape))}]"


def named_variables(model: keras.Model) -> dict[str, keras.Variable]:
    """The weights of a model that are learned, by the names of the layers that lead to them.

    The model's own name is left out: Keras numbers models of the same class as they are made.

    Raises:
        ValueError: Two weights have the same name: a layer lacks a name of its own.
    """
    variables = list(model.trainable_variables)
    named = {variable.path.partition("/")[2]: variable for variable in variables}
    if len(named) < len(variables):
        raise ValueError(
            f"Every learned weight should have a name of its own. Received: "
            f"{sorted(variable.path for variable in variables)}. Name the layers."
        )
    return named


def vocabulary_of(name: str) -> str | None:
    """The vocabulary by which a weight has its rows; None of a weight of fixed shape.

    >>> vocabulary_of("movie_bias/by_movie/embeddings"), vocabulary_of("deep/kernel")
    ('movie', None)
    """
    layers = name.split("/")[:-1]
    for vocabulary in (MOVIE_VOCABULARY, USER_VOCABULARY):
        if by_vocabulary(vocabulary) in layers:
            return vocabulary
    return None
