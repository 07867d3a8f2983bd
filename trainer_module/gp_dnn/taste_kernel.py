"""The kernel of the Gaussian process, how similar two movies are to a taste, as a feature map.

The kernel is a sum of dot products, so that a user's taste is a vector in the space of the map: a
constant (how generous the user is), genres, genres of an era, eras, titles, by whom a movie is
watched, how good and how popular it is, and by whom it is loved.

The weights are in stars squared, tuned by coordinate search on the eval ratings of `temporal`.
"""

from typing import Final

import tensorflow as tf

from trainer_module.data.inputs import GENRES
from trainer_module.gp_dnn.collaborative_factors import FACTORS
from trainer_module.gp_dnn.content_vectors import ERA_WIDTH, TITLE_FACTORS
from trainer_module.gp_dnn.movie_profile import MovieProfile

_CONSTANT, _GENRE, _GENRE_ERA, _ERA, _TITLE = 0.3, 0.0181, 0.067, 0.05, 0.1868
_SEEN, _BIAS, _POPULARITY, _RESIDUAL = 0.1682, 0.0339, 0.0089, 0.4026
_NOISE, _NOISE_UNRATED = 0.7, 0.18
_USUAL_LOG_COUNT: Final = 2.5

# Widths of the parts of `feature_map`. The head sees what each part adds to a prediction.
PART_WIDTHS: Final = (
    1,
    GENRES + GENRES * ERA_WIDTH,
    ERA_WIDTH,
    TITLE_FACTORS,
    FACTORS,
    1,
    1,
    FACTORS,
)


def feature_map(movie: MovieProfile, mean_stars: tf.Tensor) -> tf.Tensor:
    """The map phi: profiles [...] to float32 [..., D], in the parts of `PART_WIDTHS`."""
    products = movie.genres[..., :, tf.newaxis] * movie.era[..., tf.newaxis, :]
    shape = tf.concat([tf.shape(products)[:-2], [GENRES * ERA_WIDTH]], axis=0)
    parts = (
        (_CONSTANT, tf.ones_like(movie.prior)[..., tf.newaxis]),
        (_GENRE, movie.genres),
        (_GENRE_ERA, tf.reshape(products, shape)),
        (_ERA, movie.era),
        (_TITLE, movie.title),
        (_SEEN, movie.seen),
        (_BIAS, movie.expected[..., :1] - mean_stars),
        (_POPULARITY, movie.log_count[..., tf.newaxis] - _USUAL_LOG_COUNT),
        (_RESIDUAL, movie.residual),
    )
    return tf.concat([weight**0.5 * part for weight, part in parts], axis=-1)


def rating_noise(log_count: tf.Tensor) -> tf.Tensor:
    """Variance of a rating around the user's taste, in stars squared, by log(1 + ratings) [...]."""
    return _NOISE + _NOISE_UNRATED / tf.exp(log_count)
