"""Aggregates of the train ratings by movie, by user and overall: one analyzer, one pass.

The sums are kept by fold, so that the same arrays give the plain aggregates (all folds) and the
out-of-fold ones (all folds but the row's own).

The user + item bias baseline (Koren, Bell & Volinsky 2009, eq. 3; fitted one side after the other,
as LensKit's `BiasScorer` does):

    mean_i = (sum_i + movie_damping * mean) / (n_i + movie_damping)
    bias_u = sum over the user's movies of (r_ui - mean_i) / (n_u + user_damping)
    predicted_ui = mean_i + bias_u
"""

import dataclasses
import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray

from transform_module import features
from transform_module.config import TransformConfig
from transform_module.keyed_sums import KeyedSums, MergeKeyedSums

# Columns of the sums.
COUNT, RATING_SUM = 0, 1
LIKES, YEAR_SUM = 2, 3  # movies only; a movie without a year adds 0
RESIDUAL_SUM = 2  # users only


class Scale(NamedTuple):
    """Mean and deviation of a figure over movies or users, each of which counts once."""

    mean: Any
    deviation: Any  # population standard deviation; 1 for a constant, so that it can be divided by

    def z_score(self, values: tf.Tensor) -> tf.Tensor:
        return (values - self.mean) / self.deviation


class Moments(NamedTuple):
    """Global figures of the train split, floats or float32 scalar tensors."""

    rating_mean: Any  # of all train ratings, in stars
    year_median: Any  # over movies with a release year
    year: Scale  # over movies, missing years as the median
    movie_freq: Scale  # log(1 + ratings)
    movie_rating: Scale  # damped mean rating
    user_freq: Scale
    user_rating: Scale


_FIGURES = 12  # of `Moments`: two single ones, and five scales of two


@dataclasses.dataclass(frozen=True)
class RatingAggregates:
    """The analyzer's outputs, as tensors."""

    movie_ids: tf.Tensor  # int64 [M], increasing: the movies with a train rating
    movie_sums: tf.Tensor  # float32 [M, folds, 3]: ratings, sum of ratings (stars), likes
    user_ids: tf.Tensor  # int64 [U], increasing
    user_sums: tf.Tensor  # float32 [U, folds, 3]: ratings, sum of ratings, of residuals
    moments: Moments


def analyze_ratings(
    user_id: tf.Tensor,
    movie_id: tf.Tensor,
    rating: tf.Tensor,
    fold: tf.Tensor,
    year: tf.Tensor,
    config: TransformConfig,
) -> RatingAggregates:
    """Aggregates the train split by movie and by user.

    All columns are [B]. Folds are in [0, config.folds); an unknown release year is NaN.
    """
    sums_shape = [None, config.folds, 3]
    movie_ids, movie_sums, user_ids, user_sums, moments = tft.experimental.ptransform_analyzer(
        inputs=[user_id, movie_id, rating, fold, year],
        ptransform=AggregateRatings(config),
        output_dtypes=[tf.int64, tf.float32, tf.int64, tf.float32, tf.float32],
        output_shapes=[[None], sums_shape, [None], sums_shape, [_FIGURES]],
        name="rating_aggregates",
    )
    mean, median, *pairs = tf.unstack(moments)
    scales = map(Scale, pairs[::2], pairs[1::2])
    return RatingAggregates(
        movie_ids, movie_sums, user_ids, user_sums, Moments(mean, median, *scales)
    )


class AggregateRatings(beam.PTransform):
    """Batches of (user, movie, rating, fold, year) arrays to the arrays of `RatingAggregates`.

    Movies are summed first, because the users' residuals need the movies' means.
    """

    def __init__(self, config: TransformConfig) -> None:
        super().__init__()
        self._config = config

    def expand(self, batches: beam.PCollection) -> Any:
        folds = self._config.folds
        movies = (
            batches
            | "MovieSums" >> beam.Map(movie_sums_of_batch, folds)
            | "MergeMovies" >> beam.CombineGlobally(MergeKeyedSums((folds, 4)))
        )
        fitted_movies = beam.pvalue.AsSingleton(movies)
        users = (
            batches
            | "UserSums" >> beam.Map(user_sums_of_batch, fitted_movies, self._config)
            | "MergeUsers" >> beam.CombineGlobally(MergeKeyedSums((folds, 3)))
        )
        arrays = movies | "Arrays" >> beam.Map(self._arrays, beam.pvalue.AsSingleton(users))
        return tuple(
            arrays | f"Array{place}" >> beam.Map(operator.itemgetter(place)) for place in range(5)
        )

    def _arrays(self, movies: KeyedSums, users: KeyedSums) -> tuple[NDArray[Any], ...]:
        movie_sums = movies.sums[:, :, :3].astype(np.float32)
        moments = np.asarray(figures_of(movies, users, self._config), np.float32)
        return movies.keys, movie_sums, users.keys, users.sums.astype(np.float32), moments


Batch = Sequence[NDArray[Any]]


def _by_fold(
    fold: NDArray[np.int64], values: NDArray[np.float64], folds: int
) -> NDArray[np.float64]:
    """Puts the values [B, V] of each row into its fold's place: [B, folds, V]."""
    return np.eye(folds)[fold][:, :, np.newaxis] * values[:, np.newaxis, :]


def movie_sums_of_batch(batch: Batch, folds: int) -> KeyedSums:
    """Ratings, sum of ratings, likes and sum of years of each movie of a batch, by fold."""
    _, movie_id, rating, fold, year = batch
    likes, years = rating >= features.LIKED_THRESHOLD, np.nan_to_num(year, nan=0.0)
    values = np.stack([np.ones(len(rating)), rating, likes, years], axis=1)
    return KeyedSums.of_rows(movie_id, _by_fold(fold, values.astype(np.float64), folds))


def user_sums_of_batch(batch: Batch, movies: KeyedSums, config: TransformConfig) -> KeyedSums:
    """Ratings, sum of ratings and sum of residuals of each user of a batch, by fold."""
    user_id, movie_id, rating, fold, _ = batch
    residual = rating - damped_mean(
        movies.of_keys(movie_id).sum(axis=1), rating_mean(movies), config.movie_damping
    )
    values = np.stack([np.ones(len(rating)), rating, residual], axis=1).astype(np.float64)
    return KeyedSums.of_rows(user_id, _by_fold(fold, values, config.folds))


def rating_mean(sums: KeyedSums) -> float:
    """Mean of all ratings, in stars."""
    total = sums.sums.sum(axis=(0, 1))
    return float(total[RATING_SUM] / total[COUNT])


def damped_mean(totals: Any, mean: Any, damping: float) -> Any:
    """Mean rating of each key from sums [..., 3], with `damping` more ratings at the global mean.

    >>> float(damped_mean(np.array([1.0, 5.0, 1.0]), 3.0, damping=3.0))
    3.5
    """
    return (totals[..., RATING_SUM] + damping * mean) / (totals[..., COUNT] + damping)


def figures_of(movies: KeyedSums, users: KeyedSums, config: TransformConfig) -> list[float]:
    """The figures of `Moments`, in its order."""
    mean = rating_mean(movies)
    movie_totals = movies.sums.sum(axis=1)
    user_totals = users.sums.sum(axis=1)
    years = movie_totals[:, YEAR_SUM] / movie_totals[:, COUNT]
    known = years > 0
    median = float(np.median(years[known])) if known.any() else 0.0
    columns = [
        np.where(known, years, median),
        np.log1p(movie_totals[:, COUNT]),
        damped_mean(movie_totals, mean, config.movie_damping),
        np.log1p(user_totals[:, COUNT]),
        damped_mean(user_totals, mean, config.user_damping),
    ]
    return [mean, median, *(figure for column in columns for figure in _scale(column))]


def _scale(values: NDArray[np.float64]) -> Scale:
    deviation = float(values.std())
    return Scale(float(values.mean()), deviation if deviation > 1e-6 else 1.0)
