"""The inputs of the rating head: features of a user and a movie together."""

from typing import Final, NamedTuple

import numpy as np
import tensorflow as tf

from trainer_module.data.inputs import GENRES
from trainer_module.gp_dnn.movie_profile import FittedProfiles, MovieProfile
from trainer_module.gp_dnn.movie_statistics import TARGETS
from trainer_module.gp_dnn.taste_kernel import PART_WIDTHS, feature_map
from trainer_module.gp_dnn.user_taste import Habits, UserTaste, taste_of
from trainer_module.gp_dnn.watched_neighbours import NeighbourFigures, neighbour_figures


class MovieFigures(NamedTuple):
    """What is known of movies apart from the user, float32 [C]."""

    prior: tf.Tensor
    log_count: tf.Tensor
    mean_stars: tf.Tensor
    variance: tf.Tensor
    release_year: tf.Tensor
    number_of_genres: tf.Tensor
    like_share: tf.Tensor
    low_share: tf.Tensor


class VarianceFigures(NamedTuple):
    """How much of the variance of a rating the history explains, and what is left, float32 [C]."""

    known: tf.Tensor
    unknown: tf.Tensor


class GenreFigures(NamedTuple):
    """How the user rates a movie's genres and era, and how usual they are, float32 [C]."""

    usual: tf.Tensor
    mean: tf.Tensor
    best: tf.Tensor
    worst: tf.Tensor
    era: tf.Tensor
    years_from_usual: tf.Tensor
    popularity_above_usual: tf.Tensor


class CompanyFigures(NamedTuple):
    """How far those who share the history watch the movie, and love it: see `UserTaste.seen`."""

    watched: tf.Tensor
    watched_with_liked: tf.Tensor
    watched_by_residual: tf.Tensor
    loved: tf.Tensor


# The groups of columns in their order, and how wide each is.
GROUP_WIDTHS: Final = {
    "movie": len(MovieFigures._fields) + TARGETS + GENRES,
    "habits": Habits.width(),
    "taste": len(PART_WIDTHS) + TARGETS + len(VarianceFigures._fields),
    "genres": len(GenreFigures._fields),
    "company": len(CompanyFigures._fields),
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
    """Describes U users with some candidates each, one user after the other.

    Args:
        rows: int64 [U, H], histories, most recent first; 0 is no movie.
        stars: float32 [U, H].
        candidates: [M], the movies to choose from.
        chosen: int [U, (C)], positions among the candidates.
        fitted: The movies of the histories.

    Returns:
        float32 [U, (C), F].
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
    marks = tf.cast(movie.genres > 0, tf.float32)
    figures = MovieFigures(
        prior=movie.prior,
        log_count=movie.log_count,
        mean_stars=movie.mean_stars,
        variance=movie.variance,
        release_year=movie.release_year,
        number_of_genres=tf.reduce_sum(marks, axis=1),
        like_share=movie.like_share,
        low_share=movie.low_share,
    )
    return tf.concat([tf.stack(figures, axis=1), movie.expected - means, marks], axis=1)


def _of_taste(taste: UserTaste, movie: MovieProfile, means: tf.Tensor) -> tf.Tensor:
    """What the Gaussian process predicts: the stars by parts and whole, each event, how surely."""
    phi = feature_map(movie, means[0])
    parts = tf.matmul(phi * taste.weights[:, 0], tf.constant(_PART_OF_PLACE))
    whitened = tf.matmul(taste.inverse, tf.matmul(taste.mapped, phi, transpose_b=True))
    known = tf.reduce_sum(tf.square(whitened), axis=0)
    variances = VarianceFigures(known=known, unknown=tf.reduce_sum(tf.square(phi), axis=1) - known)
    predicted = movie.expected + tf.matmul(phi, taste.weights)
    return tf.concat([parts, predicted, tf.stack(variances, axis=1)], axis=1)


def _of_genres(taste: UserTaste, movie: MovieProfile) -> tf.Tensor:
    has_genre = movie.genres > 0
    marks = tf.cast(has_genre, tf.float32)
    genres = tf.maximum(tf.reduce_sum(marks, axis=1), 1.0)
    means = taste.genre_means
    near = tf.linalg.matvec(movie.era, taste.era_counts) + 3.0
    figures = GenreFigures(
        usual=tf.linalg.matvec(movie.genres, taste.genre_shares),
        mean=tf.linalg.matvec(marks, means) / genres,
        best=tf.reduce_max(tf.where(has_genre, means, -_FAR), axis=1),
        worst=tf.reduce_min(tf.where(has_genre, means, _FAR), axis=1),
        era=tf.linalg.matvec(movie.era, taste.era_residuals) / near,
        years_from_usual=movie.release_year - taste.habits.year,
        popularity_above_usual=movie.log_count - taste.habits.popularity,
    )
    return tf.stack(figures, axis=1)


def _of_company(taste: UserTaste, movie: MovieProfile) -> tf.Tensor:
    seen = tf.unstack(tf.matmul(movie.seen, taste.seen), axis=1)
    loved = tf.linalg.matvec(movie.residual, taste.residual)
    return tf.stack(CompanyFigures._make([*seen, loved]), axis=1)
