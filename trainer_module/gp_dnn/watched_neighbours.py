"""What the user thought of the watched movies most like a candidate.

Item-based collaborative filtering (Sarwar et al. 2001). The Gaussian process weighs all of a
history; here a single near movie, a sequel for instance, can decide.
"""

from typing import Final, NamedTuple

import tensorflow as tf

from trainer_module.gp_dnn.movie_profile import MovieProfile

NEIGHBOURS: Final = 10
_DAMPING: Final = 0.5
_SHARPNESS: Final = 4.0
_CROWD_DAMPING: Final = 20.0


class NeighbourFigures(NamedTuple):
    """Of the nearest watched movies: mean residual, nearness of the first, mean stars, each [C].

    Near are movies loved by the same people, watched by the same people, of similar titles, or of
    the same genres and era. The last figure is the mean residual of the whole history; movies
    watched by the same people count most.
    """

    loved_residual: tf.Tensor
    loved_nearness: tf.Tensor
    loved_stars: tf.Tensor
    seen_residual: tf.Tensor
    seen_nearness: tf.Tensor
    seen_stars: tf.Tensor
    title_residual: tf.Tensor
    title_nearness: tf.Tensor
    kind_residual: tf.Tensor
    kind_nearness: tf.Tensor
    crowd_residual: tf.Tensor


def neighbour_figures(
    candidate: MovieProfile, watched: MovieProfile, residuals: tf.Tensor, stars: tf.Tensor
) -> NeighbourFigures:
    """Describes C candidates by the H movies that one user has watched: see `UserTaste`."""
    seen = _dots(candidate.seen, watched.seen)
    kinds = _dots(candidate.genres, watched.genres) * _dots(candidate.era, watched.era)

    def nearest(likeness: tf.Tensor, *, with_stars: bool) -> list[tf.Tensor]:
        near, places = tf.math.top_k(likeness, tf.minimum(NEIGHBOURS, tf.shape(likeness)[1]))
        near = tf.nn.relu(near)
        total = tf.reduce_sum(near, axis=1)
        residual = tf.reduce_sum(near * tf.gather(residuals, places), axis=1) / (total + _DAMPING)
        if not with_stars:
            return [residual, near[:, 0]]
        given = tf.reduce_sum(near * tf.gather(stars, places), axis=1)
        return [residual, near[:, 0], given / tf.maximum(total, 1e-3)]

    crowd = tf.exp(_SHARPNESS * seen)
    crowd_total = tf.reduce_sum(crowd, axis=1) + _CROWD_DAMPING
    return NeighbourFigures._make(
        [
            *nearest(_dots(_unit(candidate.residual), _unit(watched.residual)), with_stars=True),
            *nearest(seen, with_stars=True),
            *nearest(_dots(candidate.title, watched.title), with_stars=False),
            *nearest(kinds, with_stars=False),
            tf.linalg.matvec(crowd, residuals) / crowd_total,
        ]
    )


def _dots(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """Dot products of vectors [C, d] and [H, d], float32 [C, H], rounded from double.

    A product in single precision differs in its last bits with the number of rows that are
    multiplied at once. The nearest of two equally similar movies, and so a prediction, would then
    depend on the other rows of the batch.
    """
    exact = (tf.cast(vectors, tf.float64) for vectors in (left, right))
    return tf.cast(tf.matmul(*exact, transpose_b=True), tf.float32)


def _unit(vectors: tf.Tensor) -> tf.Tensor:
    """Unit vectors of vectors [n, d], float64, for the same reason."""
    return tf.math.l2_normalize(tf.cast(vectors, tf.float64), axis=1)
