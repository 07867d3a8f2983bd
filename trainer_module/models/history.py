"""What a user's history says before anything is learned."""

import dataclasses

import tensorflow as tf

from trainer_module.data.catalogue_tables import UNKNOWN_ROW, CatalogueTables
from trainer_module.data.inputs import Inputs
from transform_module import features

# Ratings at the movies' means that a history is given beforehand: what a short history says of how
# generous its user is, is believed as far as it is long.
_USER_DAMPING = 5.0


@dataclasses.dataclass(frozen=True)
class History:
    """The known movies of B histories, and how their ratings lie to the movies' means.

    Attributes:
        movie: `movie_inputs` of the histories' movies, [B, H] or [B, H, GENRES].
        present: float32 [B, H], 1 for a movie of the catalogue, 0 for padding and unknown ids.
        count: float32 [B], known movies.
        residual: float32 [B, H], rating minus the movie's damped mean, in stars; 0 if not present.
        generosity: float32 [B], damped mean of the residuals, in stars: the user's bias.
    """

    movie: Inputs
    present: tf.Tensor
    count: tf.Tensor
    residual: tf.Tensor
    generosity: tf.Tensor

    @classmethod
    def of(cls, user: Inputs, tables: CatalogueTables) -> "History":
        """Reads the histories among `USER_FEATURES` of B users."""
        rows = tables.rows_of(user[features.HISTORY_MOVIE_IDS])
        movie = tables.features_of(rows)
        present = tf.cast(rows != UNKNOWN_ROW, tf.float32)
        residual = (user[features.HISTORY_RATINGS] - movie[features.MOVIE_DAMPED_MEAN]) * present
        count = tf.reduce_sum(present, axis=1)
        generosity = tf.reduce_sum(residual, axis=1) / (count + _USER_DAMPING)
        return cls(movie, present, count, residual, generosity)
