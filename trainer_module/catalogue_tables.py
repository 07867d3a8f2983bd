"""The catalogue inside the graph: tables of the movies' features, found by MovieLens id."""

import numpy as np
import tensorflow as tf

from trainer_module.catalogue import Catalogue
from transform_module.lookups import index_of

UNKNOWN_ROW = 0


class CatalogueTables(tf.Module):
    """Features of N movies in rows 1 to N; row 0 is the movie that the catalogue does not know.

    Args:
        catalogue: The movies.
        unknown_movie: The item tower's inputs for an unknown movie, [1] or [1, MAX_GENRES] each.
    """

    def __init__(self, catalogue: Catalogue, unknown_movie: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.movie_ids = tf.Variable(catalogue.movie_ids, trainable=False, name="movie_ids")
        self._columns = {
            name: tf.Variable(
                np.concatenate([unknown_movie[name].astype(column.dtype), column]),
                trainable=False,
                name=name,
            )
            for name, column in catalogue.movie_features.items()
        }

    def rows_of(self, movie_ids: tf.Tensor) -> tf.Tensor:
        """Maps MovieLens ids, int64 of any shape, to rows; UNKNOWN_ROW for an unknown id or -1."""
        return tf.reshape(
            index_of(self.movie_ids, tf.reshape(movie_ids, [-1])), tf.shape(movie_ids)
        )

    def features_of(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """Gathers the item tower's inputs, [...] or [..., MAX_GENRES], of rows [...]."""
        return {name: tf.gather(column, rows) for name, column in self._columns.items()}

    def all_features(self) -> dict[str, tf.Tensor]:
        """The item tower's inputs of every row, [N + 1] or [N + 1, MAX_GENRES]."""
        return {name: tf.convert_to_tensor(column) for name, column in self._columns.items()}
