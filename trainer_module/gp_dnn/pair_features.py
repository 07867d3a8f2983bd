"""The inputs of the rating head: features of a user and a movie together."""

from typing import Final

import numpy as np
import tensorflow as tf

from trainer_module.data.inputs import GENRES
from trainer_module.gp_dnn.movie_profile import FittedProfiles, MovieProfile
from trainer_module.gp_dnn.movie_statistics import TARGETS
from trainer_module.gp_dnn.taste_kernel import PART_WIDTHS, feature_map
from trainer_module.gp_dnn.user_taste import Habits, UserTaste, taste_of
from trainer_module.gp_dnn.watched_neighbours import NeighbourFigures, neighbour_figures

# The groups of columns in their order, and how wide each is.
GROUP_WIDTHS: Final = {
    "movie": 8 + TARGETS + GENRES,
    "habits": Habits.width(),
    "taste": len(PART_WIDTHS) + TARGETS + 2,
    "genres": 7,
    "company": 4,
    "neighbours": len(NeighbourFigures._fields),
}
_PART_OF_PLACE: Final = np.repeat(np.eye(len(PART_WIDTHS), dtype=np.float32), PART_WIDTHS, axis=0)
# Beyond any genre's mean residual: the best and the worst of a movie without genres.
_FAR: Final = 3.0


def pair_features(
    rows: tf.Tensor,
    stars: tf.Tensor,
    candidates: MovieProfile,
    chosen: tf.RaggedTensor,
    fitted: FittedProfiles,
) -> tf.RaggedTensor:
    """Describes U users with some candidates each, one user after the other: float32 [U, (C), F].

    Histories are rows int64 and stars float32, [U, H], most recent first; row 0 is no movie.
    `chosen`, int [U, (C)], are positions among the candidates [M].
    """

    def of_user(user: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> tf.Tensor:
        user_rows, user_stars, positions = user
        return pair_features_of_user(user_rows, user_stars, candidates.at(positions), fitted)

    described = tf.map_fn(
        of_user,
        (rows, stars, chosen),
        fn_output_signature=tf.RaggedTensorSpec([None, None], tf.float32, ragged_rank=0),
    )
    # Without any user, the result has lost its width.
    width = sum(GROUP_WIDTHS.values())
    return described.with_values(tf.reshape(described.values, [-1, width]))


# As one graph, for the many rows of a training set.
describe = tf.function(pair_features, reduce_retracing=True, autograph=False)


def pair_features_of_user(
    rows: tf.Tensor, stars: tf.Tensor, movie: MovieProfile, fitted: FittedProfiles
) -> tf.Tensor:
    """Describes one user, of history rows and stars [H], and movies [C]: float32 [C, F].

    The columns come in the groups of `GROUP_WIDTHS`.
    """
    taste = taste_of(rows, stars, fitted)
    habits = tf.tile(taste.habits.vector()[tf.newaxis], [tf.shape(movie.prior)[0], 1])
    neighbours = neighbour_figures(movie, taste.watched, taste.residuals, taste.stars)
    columns = [
        _of_movie(movie, fitted.means),
        habits,
        _of_taste(taste, movie, fitted.means),
        _of_genres(taste, movie),
        _of_company(taste, movie),
        tf.stack(neighbours, axis=1),
    ]
    return tf.concat(columns, axis=1)


def _of_movie(movie: MovieProfile, means: tf.Tensor) -> tf.Tensor:
    """What is known of the movies apart from the user."""
    marks = tf.cast(movie.genres > 0, tf.float32)
    figures = [
        movie.prior,
        movie.log_count,
        movie.mean_stars,
        movie.variance,
        movie.release_year,
        tf.reduce_sum(marks, axis=1),  # number of genres
        movie.like_share,
        movie.low_share,
    ]
    return tf.concat([tf.stack(figures, axis=1), movie.expected - means, marks], axis=1)


def _of_taste(taste: UserTaste, movie: MovieProfile, means: tf.Tensor) -> tf.Tensor:
    """What the Gaussian process predicts: the stars by parts and whole, each event, how surely.

    The last two columns are the variance of a rating that the history explains, and the rest.
    """
    phi = feature_map(movie, means[0])
    parts = tf.matmul(phi * taste.weights[:, 0], tf.constant(_PART_OF_PLACE))
    known = tf.reduce_sum(tf.square(tf.matmul(phi, taste.whitened, transpose_b=True)), axis=1)
    unknown = tf.reduce_sum(tf.square(phi), axis=1) - known
    predicted = movie.expected + tf.matmul(phi, taste.weights)
    return tf.concat([parts, predicted, tf.stack([known, unknown], axis=1)], axis=1)


def _of_genres(taste: UserTaste, movie: MovieProfile) -> tf.Tensor:
    """How the user rates the movies' genres and era, and how usual they are for the user."""
    has_genre = movie.genres > 0
    marks = tf.cast(has_genre, tf.float32)
    genres = tf.maximum(tf.reduce_sum(marks, axis=1), 1.0)
    means = taste.genre_means
    near = tf.linalg.matvec(movie.era, taste.era_counts) + 3.0
    figures = [
        tf.linalg.matvec(movie.genres, taste.genre_shares),  # how usual
        tf.linalg.matvec(marks, means) / genres,  # the mean genre, the best and the worst
        tf.reduce_max(tf.where(has_genre, means, -_FAR), axis=1),
        tf.reduce_min(tf.where(has_genre, means, _FAR), axis=1),
        tf.linalg.matvec(movie.era, taste.era_residuals) / near,
        movie.release_year - taste.habits.year,
        movie.log_count - taste.habits.popularity,
    ]
    return tf.stack(figures, axis=1)


def _of_company(taste: UserTaste, movie: MovieProfile) -> tf.Tensor:
    """How far those who share the history watch the movies, and love them: see `UserTaste`."""
    loved = tf.linalg.matvec(movie.residual, taste.residual)
    return tf.concat([tf.matmul(movie.seen, taste.seen), loved[:, tf.newaxis]], axis=1)
