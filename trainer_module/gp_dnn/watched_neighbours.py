"""What the user thought of the watched movies most like a candidate.

Item-based collaborative filtering (Sarwar et al. 2001), by four kinds of likeness: loved by the
same people, watched by the same people, of alike titles, of the same genres and era. The Gaussian
process weighs all of a history; a single close relative, a sequel say, tells its own story.
"""

from typing import Final

import tensorflow as tf

from trainer_module.gp_dnn.movie_profile import MovieProfile

NEIGHBOURS: Final = 10
NEIGHBOUR_FEATURES: Final = 11
_DAMPING: Final = 0.5
_SHARPNESS: Final = 4.0
_CROWD_DAMPING: Final = 20.0


def neighbour_features(
    candidate: MovieProfile, watched: MovieProfile, residuals: tf.Tensor, stars: tf.Tensor
) -> tf.Tensor:
    """Describes C candidates by the H movies that one user has watched.

    Args:
        candidate: [C].
        watched: [H].
        residuals: float32 [H], ratings less what movie and user explain; 0 for no movie.
        stars: float32 [H]; 0 for no movie.

    Returns:
        float32 [C, NEIGHBOUR_FEATURES]: of each kind of likeness the mean residual of the nearest
        and how near the nearest is; the mean stars of the nearest by the first two kinds; and the
        mean residual of all, those watched by the same people counting most.
    """
    seen = _dots(candidate.seen, watched.seen)
    eras = _dots(candidate.genres, watched.genres) * _dots(candidate.era, watched.era)
    likenesses = (
        _dots(_unit(candidate.residual), _unit(watched.residual)),
        seen,
        _dots(candidate.title, watched.title),
        eras,
    )
    columns = []
    for number, likeness in enumerate(likenesses):
        near, places = tf.math.top_k(likeness, tf.minimum(NEIGHBOURS, tf.shape(likeness)[1]))
        near = tf.nn.relu(near)
        total = tf.reduce_sum(near, axis=1)
        columns += [
            tf.reduce_sum(near * tf.gather(residuals, places), axis=1) / (total + _DAMPING),
            near[:, 0],
        ]
        if number < 2:
            given = tf.reduce_sum(near * tf.gather(stars, places), axis=1)
            columns.append(given / tf.maximum(total, 1e-3))
    crowd = tf.exp(_SHARPNESS * seen)
    columns.append(
        tf.linalg.matvec(crowd, residuals) / (tf.reduce_sum(crowd, axis=1) + _CROWD_DAMPING)
    )
    return tf.stack(columns, axis=1)


def _dots(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """Dot products of vectors [C, d] and [H, d], float32 [C, H], rounded from double.

    A product in single precision differs in its last bits with the number of rows that are
    multiplied at once. Of two movies that are equally alike now the one, now the other would be
    among the nearest, and a prediction would depend on the other rows of its batch.
    """
    exact = (tf.cast(vectors, tf.float64) for vectors in (left, right))
    return tf.cast(tf.matmul(*exact, transpose_b=True), tf.float32)


def _unit(vectors: tf.Tensor) -> tf.Tensor:
    """Unit vectors of vectors [n, d], float64, for the same reason."""
    return tf.math.l2_normalize(tf.cast(vectors, tf.float64), axis=1)
