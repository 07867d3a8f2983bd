"""Every movie of the input, rated or not: as arrays, and as tables in the model's graph."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.data.inputs import MOVIE_FEATURES, Inputs, movie_inputs
from transform_module import features
from transform_module.lookups import index_of

UNKNOWN_ROW = 0


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """Columns over N movies, in increasing order of their ids."""

    movie_ids: NDArray[np.int64]  # int64 [N], strictly increasing
    titles: NDArray[np.object_]  # bytes [N], UTF-8
    # `MOVIE_FEATURES` and the two counts by name, each [N]; of `FIXED_LISTS` [N, width].
    columns: Mapping[str, NDArray[Any]]

    @classmethod
    def from_columns(cls, columns: Mapping[str, NDArray[Any]]) -> Self:
        """Builds the catalogue from the transformed rows of split `catalogue`, in any order.

        Raises:
            ValueError: There is no movie, or a movie stands twice.
        """
        movie_ids = columns[features.MOVIE_ID].reshape(-1).astype(np.int64)
        if not len(movie_ids):
            raise ValueError(
                "The catalogue is empty: split 'catalogue' holds no example, so nothing could be "
                "recommended. Check that MovieLensExampleGen wrote it."
            )
        order = np.argsort(movie_ids, kind="stable")
        movie_ids = movie_ids[order]
        repeated = movie_ids[1:][movie_ids[1:] == movie_ids[:-1]]
        if len(repeated):
            raise ValueError(f"Movies stand more than once in the catalogue: {repeated[:5]}")
        kept = (*MOVIE_FEATURES, features.MOVIE_RATING_COUNT, features.MOVIE_LIKE_COUNT)
        return cls(
            movie_ids,
            columns[features.TITLE].reshape(-1)[order],
            {name: _squeezed(columns[name])[order] for name in kept},
        )

    @property
    def movie_features(self) -> dict[str, NDArray[Any]]:
        """`MOVIE_FEATURES` by name."""
        return {name: self.columns[name] for name in MOVIE_FEATURES}

    @property
    def vocabulary_size(self) -> int:
        """The largest movie index. Indices run over [0, vocabulary_size]."""
        return int(self.columns[features.MOVIE_INDEX].max(initial=0))

    def genres(self, row: int) -> list[str]:
        """The names of a movie's genres; `Other` for a genre that the list of genres lacks."""
        names = (*features.GENRE_NAMES, "Other")
        return [names[index] for index in self.columns[features.GENRE_INDICES][row] if index >= 0]

    def __len__(self) -> int:
        return len(self.movie_ids)


class CatalogueTables(tf.Module):
    """Features of N movies in rows 1 to N; row 0 is the movie that the catalogue does not know.

    `unknown_movie` has the `MOVIE_FEATURES` of an unknown movie, [1] or [1, width] each.
    """

    def __init__(self, catalogue: Catalogue, unknown_movie: dict[str, NDArray[Any]]) -> None:
        super().__init__()
        # int64 [N], strictly increasing: MovieLens ids of rows 1 to N.
        self.movie_ids = tf.Variable(catalogue.movie_ids, trainable=False, name="movie_ids")
        # In stars: the damped mean of a movie without ratings is the mean of all train ratings.
        self.mean_rating = float(unknown_movie[features.MOVIE_DAMPED_MEAN][0])
        columns = movie_inputs(
            {
                name: np.concatenate([unknown_movie[name].astype(column.dtype), column])
                for name, column in catalogue.movie_features.items()
            }
        )
        self._columns = {
            name: tf.Variable(column, trainable=False, name=name)
            for name, column in columns.items()
        }

    def rows_of(self, movie_ids: tf.Tensor) -> tf.Tensor:
        """Maps MovieLens ids, int64 of any shape, to rows; UNKNOWN_ROW for an unknown id or -1."""
        rows = index_of(self.movie_ids, tf.reshape(movie_ids, [-1]))
        return tf.reshape(rows, tf.shape(movie_ids))

    def features_of(self, rows: tf.Tensor) -> Inputs:
        """Gathers `movie_inputs` of rows [...]."""
        return {name: tf.gather(column, rows) for name, column in self._columns.items()}

    def all_features(self) -> Inputs:
        """`movie_inputs` of every row, [N + 1]."""
        return {name: tf.convert_to_tensor(column) for name, column in self._columns.items()}


def _squeezed(column: NDArray[Any]) -> NDArray[Any]:
    return column[:, 0] if column.ndim == 2 and column.shape[1] == 1 else column
