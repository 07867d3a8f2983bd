"""A user's taste from a history alone: a Gaussian process over movies, solved in closed form.

With the feature map phi of a movie, base m_i of what to expect of it, and the history's ratings y:

    w = Phi' (Phi Phi' + N)^-1 (y - m),   prediction for movie i: m_i + w . phi_i

N is diagonal, the noise of each rating, which is larger for a movie of few ratings. (Rasmussen &
Williams 2006, eq. 2.12 in its dual form: the system is as large as the history, not as the feature
map.) The user's vector w needs no training and fits users never seen before; one factorisation
serves every target.

All functions here take one user, of H history items.
"""

from typing import Final, NamedTuple

import tensorflow as tf

from trainer_module.gp_dnn.movie_profile import FittedProfiles, MovieProfile
from trainer_module.gp_dnn.movie_statistics import EVENTS
from trainer_module.gp_dnn.taste_kernel import feature_map, rating_noise
from transform_module import features

# Ratings of exactly so many stars, and the share of them to start from.
_STEP_SHARES: Final = ((5.0, 0.14), (4.5, 0.08), (4.0, 0.26), (3.5, 0.12), (3.0, 0.2))
_SHARE_DAMPING: Final = 5.0
_BIAS_DAMPING: Final = 5.0
_SPREAD_DAMPING: Final = 3.0
_USUAL_VARIANCE: Final = 0.75
_RECENT: Final = (5, 20, 60)


class Habits(NamedTuple):
    """How a user rates, and what: float32, [] unless a width is given."""

    log_count: tf.Tensor  # log(1 + movies)
    bias: tf.Tensor  # damped mean of the ratings' errors, in stars
    mean: tf.Tensor  # damped mean of the ratings, in stars
    spread: tf.Tensor  # root of the damped mean square of the residuals
    likes: tf.Tensor  # share of likes
    steps: tf.Tensor  # [5], shares of the ratings of 5, 4.5, 4, 3.5 and 3 stars
    lows: tf.Tensor  # share of ratings of up to 2 stars
    halves: tf.Tensor  # share of half stars
    popularity: tf.Tensor  # damped mean of the movies' log count
    year: tf.Tensor  # damped mean of their release year
    surprise_spread: tf.Tensor  # root of the damped mean square of the surprises
    recent_surprises: tf.Tensor  # [3], damped mean surprise of the last 5, 20 and 60 movies
    event_biases: tf.Tensor  # [EVENTS], damped mean error of each event

    @classmethod
    def width(cls) -> int:
        """The length of `vector`."""
        wide = (_STEP_SHARES, _RECENT, EVENTS)
        return len(cls._fields) - len(wide) + sum(map(len, wide))

    def vector(self) -> tf.Tensor:
        """All of them in order, float32 [width]."""
        return tf.concat([tf.reshape(figure, [-1]) for figure in self], axis=0)


class UserTaste(NamedTuple):
    """What a history says of its user, float32."""

    weights: tf.Tensor  # [D, TARGETS], the user's vector w for each target
    habits: Habits  # what does not depend on the candidate
    genre_means: tf.Tensor  # [GENRES], damped mean residual of the movies of each genre, in stars
    genre_shares: tf.Tensor  # [GENRES], mean genre vector of the history
    era_residuals: tf.Tensor  # [ERA_WIDTH], sum of the residuals around each year
    era_counts: tf.Tensor  # [ERA_WIDTH], sum of the movies around each year
    # [FACTORS, 3], sums of the history's `seen` factors over the root of its length: of all movies,
    # of those rated above the user's mean, and of all by their residuals.
    seen: tf.Tensor
    residual: tf.Tensor  # [FACTORS], damped mean of the `residual` factors by their residuals
    # [n, n] and [n, D], so that a movie's variance is `|phi|^2 - |inverse mapped phi|^2`.
    inverse: tf.Tensor
    mapped: tf.Tensor
    watched: MovieProfile  # [n], the movies of the history
    residuals: tf.Tensor  # [n], ratings less what movie and user explain; 0 for no movie
    stars: tf.Tensor  # [n], ratings; 0 for no movie


def taste_of(rows: tf.Tensor, stars: tf.Tensor, fitted: FittedProfiles) -> UserTaste:
    """Solves for one user, of catalogue rows int64 [H], most recent first, and stars float32 [H].

    Row 0 is no movie, in any place.
    """
    # Only as many places as there are movies, and at least one, so that no matrix is empty.
    kept = tf.concat([tf.where(rows > 0)[:, 0], [0]], axis=0)
    kept = kept[: tf.maximum(tf.size(kept) - 1, 1)]
    rows, stars = (tf.gather(tf.pad(column, [[0, 1]]), kept) for column in (rows, stars))
    present = tf.cast(rows > 0, tf.float32)
    movie = fitted.table.at(rows)
    errors = (_targets(stars) - movie.expected) * present[:, tf.newaxis]
    count = tf.reduce_sum(present)
    bias = tf.reduce_sum(errors[:, 0]) / (count + _BIAS_DAMPING)
    residuals = (errors[:, 0] - bias) * present
    phi = feature_map(movie, fitted.means[0]) * present[:, tf.newaxis]
    # The inverse of the Cholesky factor of `Phi Phi' + N`, [n, n].
    noise = rating_noise(movie.log_count)
    products = tf.matmul(phi, phi, transpose_b=True)
    system = tf.linalg.set_diag(products, tf.linalg.diag_part(products) + noise)
    inverse = tf.linalg.triangular_solve(tf.linalg.cholesky(system), tf.eye(tf.size(noise)))
    alpha = tf.matmul(inverse, tf.matmul(inverse, errors), transpose_a=True)
    # The error of predicting a rating from all the others (Rasmussen & Williams 2006, eq. 5.12).
    surprises = alpha[:, 0] / tf.reduce_sum(tf.square(inverse), axis=0)
    marks = tf.cast(movie.genres > 0, tf.float32) * present[:, tf.newaxis]
    habits = _habits(movie, stars, present, residuals, surprises, errors, fitted.means)
    above = tf.cast(stars >= habits.mean, tf.float32)
    seen = tf.stack([present, present * above, residuals], axis=1) / tf.sqrt(tf.maximum(count, 1.0))
    return UserTaste(
        weights=tf.matmul(phi, alpha, transpose_a=True),
        habits=habits,
        genre_means=_dot(residuals, marks) / (tf.reduce_sum(marks, axis=0) + 5.0),
        genre_shares=_dot(present, movie.genres) / tf.maximum(count, 1.0),
        era_residuals=_dot(residuals, movie.era),
        era_counts=_dot(present, movie.era),
        seen=tf.matmul(movie.seen, seen, transpose_a=True),
        residual=_dot(residuals, movie.residual) / (count + 20.0),
        inverse=inverse,
        mapped=phi,
        watched=movie,
        residuals=residuals,
        stars=stars * present,
    )


def _habits(
    movie: MovieProfile,
    stars: tf.Tensor,
    present: tf.Tensor,
    residuals: tf.Tensor,
    surprises: tf.Tensor,
    errors: tf.Tensor,
    means: tf.Tensor,
) -> Habits:
    count = tf.reduce_sum(present)
    mean = (_dot(stars, present) + _SPREAD_DAMPING * means[0]) / (count + _SPREAD_DAMPING)

    def share(event: tf.Tensor, usual: float) -> tf.Tensor:
        happened = tf.reduce_sum(tf.cast(event, tf.float32) * present)
        return (happened + _SHARE_DAMPING * usual) / (count + _SHARE_DAMPING)

    def spread(values: tf.Tensor) -> tf.Tensor:
        total = tf.reduce_sum(tf.square(values)) + _SPREAD_DAMPING * _USUAL_VARIANCE
        return tf.sqrt(total / (count + _SPREAD_DAMPING))

    bias = tf.reduce_sum(errors, axis=0) / (count + _BIAS_DAMPING)
    recent = [
        tf.reduce_sum(surprises[:last]) / (tf.minimum(count, float(last)) + 3.0) for last in _RECENT
    ]
    return Habits(
        log_count=tf.math.log1p(count),
        bias=bias[0],
        mean=mean,
        spread=spread(residuals),
        likes=share(stars >= features.LIKED_THRESHOLD, 0.5),
        steps=tf.stack([share(stars == step, usual) for step, usual in _STEP_SHARES]),
        lows=share(stars <= 2.0, 0.14),
        halves=share(stars != tf.floor(stars), 0.2),
        popularity=(_dot(movie.log_count, present) + 8.0) / (count + 2.0),
        year=(_dot(movie.release_year, present) + 2 * 1990.0) / (count + 2.0),
        surprise_spread=spread(surprises),
        recent_surprises=tf.stack(recent),
        event_biases=bias[1:],
    )


def _targets(stars: tf.Tensor) -> tf.Tensor:
    """The targets of ratings, [H, TARGETS]: see `movie_statistics.targets_of`."""
    events = [tf.cast(stars >= event, tf.float32) for event in EVENTS]
    return tf.stack([stars, *events], axis=1)


def _dot(weights: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Sum over the history of values [H] or [H, n], weighted."""
    return tf.tensordot(weights, values, axes=1)
