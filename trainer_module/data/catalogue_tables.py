"""The catalogue inside the graph: tables of the movies' features, found by MovieLens id."""

import numpy as np
import tensorflow as tf

from trainer_module.data.catalogue import Catalogue
from trainer_module.data.inputs import Inputs, movie_inputs
from transform_module import features
from transform_module.lookups import index_of

UNKNOWN_ROW = 0


class CatalogueTables(tf.Module):
    """Features of N movies in rows 1 to N; row 0 is the movie that the catalogue does not know.

    Args:
        catalogue: The movies.
        unknown_movie: `MOVIE_FEATURES` of an unknown movie, [1] or [1, MAX_GENRES] each.

    Attributes:
        movie_ids: int64 [N], strictly increasing: MovieLens ids of rows 1 to N.
        mean_rating: Mean of all train ratings, in stars.
    """

    def __init__(self, catalogue: Catalogue, unknown_movie: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.movie_ids = tf.Variable(catalogue.movie_ids, trainable=False, name="movie_ids")
        # Of a movie of which nothing is known, one expects the mean of all ratings.
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
        return tf.reshape(
            index_of(self.movie_ids, tf.reshape(movie_ids, [-1])), tf.shape(movie_ids)
        )

    def features_of(self, rows: tf.Tensor) -> Inputs:
        """Gathers the item tower's inputs, [...] or [..., GENRES], of rows [...]."""
        return {name: tf.gather(column, rows) for name, column in self._columns.items()}

    def all_features(self) -> Inputs:
        """The item tower's inputs of every row, [N + 1] or [N + 1, GENRES]."""
        return {name: tf.convert_to_tensor(column) for name, column in self._columns.items()}
