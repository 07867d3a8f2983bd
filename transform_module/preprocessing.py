"""The `preprocessing_fn` of tf.Transform: the one source of features for training and serving.

The aggregates are fitted on the train split. Every row gets the plain ones and those out of fold,
which the trainer takes for training, so that no row's own label is among its features.
"""

from typing import Any

import tensorflow as tf

from transform_module import features
from transform_module.aggregates import (
    COUNT,
    LIKES,
    RESIDUAL_SUM,
    Moments,
    RatingAggregates,
    analyze_ratings,
    damped_mean,
)
from transform_module.config import TransformConfig
from transform_module.lookups import index_of, rows_at
from transform_module.movie_metadata import genre_indices, release_decade, release_year, title_words

Tensors = dict[str, Any]


# Nothing in it branches on a tensor, and converting it takes seconds at each of its tracings.
@tf.autograph.experimental.do_not_convert
def preprocessing_fn(inputs: Tensors, custom_config: dict[str, Any] | None = None) -> Tensors:
    """Turns raw examples into features, labels and slice keys, by name as in `features`.

    Args:
        inputs: Raw features, each a `tf.SparseTensor` [B, ?]. Any may be absent from an example.
        custom_config: `{"transform": {...}, ...}`, a `TransformConfig` as plain values.
    """
    config = TransformConfig.model_validate((custom_config or {}).get("transform", {}))
    user_id = _one(inputs[features.USER_ID], features.PADDING_ID)
    movie_id = _one(inputs[features.MOVIE_ID], features.PADDING_ID)
    title = _one(inputs[features.TITLE], "")
    rating = _one(inputs[features.RATING], 0.0)
    year = release_year(title)
    fold = _fold(user_id, movie_id, config.folds)
    aggregates = analyze_ratings(user_id, movie_id, rating, fold, year, config)

    user_index = index_of(aggregates.user_ids, user_id)
    movie_index = index_of(aggregates.movie_ids, movie_id)
    moments = aggregates.moments
    known_year = tf.where(tf.math.is_nan(year), moments.year_median, year)
    outputs = {
        features.USER_ID: user_id,
        features.MOVIE_ID: movie_id,
        features.TITLE: title,
        features.USER_INDEX: user_index,
        features.MOVIE_INDEX: movie_index,
        features.TIMESTAMP: _one(inputs[features.TIMESTAMP], 0),
        features.RELEASE_YEAR: known_year,
        features.YEAR: moments.year.z_score(known_year),
        features.RELEASE_DECADE: release_decade(year),
        features.RATING: rating,
        features.LIKED: tf.cast(rating >= features.LIKED_THRESHOLD, tf.float32),
    }
    user_by_fold = rows_at(aggregates.user_sums, user_index)
    movie_by_fold = rows_at(aggregates.movie_sums, movie_index)
    is_unknown = user_index == 0
    history = _history_totals(
        inputs[features.HISTORY_MOVIE_IDS],
        inputs[features.HISTORY_RATINGS],
        is_unknown,
        aggregates,
        config,
    )
    user_totals = tf.where(
        tf.expand_dims(is_unknown, 1), history, tf.reduce_sum(user_by_fold, axis=1)
    )
    movie_totals = tf.reduce_sum(movie_by_fold, axis=1)
    outputs |= _plain_outputs(user_totals, movie_totals, moments, config)
    held_out = _aggregate_features(
        user_totals - tf.gather(user_by_fold, fold, batch_dims=1),
        movie_totals - tf.gather(movie_by_fold, fold, batch_dims=1),
        moments,
        config,
    )
    outputs |= {features.out_of_fold(name): tensor for name, tensor in held_out.items()}
    outputs = {name: tf.expand_dims(tensor, 1) for name, tensor in outputs.items()}
    outputs[features.GENRE_INDICES] = genre_indices(inputs[features.GENRES])
    outputs[features.TITLE_WORDS] = title_words(title)
    outputs[features.HISTORY_MOVIE_IDS] = inputs[features.HISTORY_MOVIE_IDS]
    outputs[features.HISTORY_RATINGS] = inputs[features.HISTORY_RATINGS]
    return outputs


def _one(sparse: tf.SparseTensor, default: Any) -> tf.Tensor:
    """The single value of each example, [B]; `default` if the feature is absent."""
    shape = tf.stack([sparse.dense_shape[0], 1])
    first = tf.sparse.slice(sparse, [0, 0], shape)
    return tf.reshape(
        tf.sparse.to_dense(tf.sparse.reset_shape(first, shape), default_value=default), [-1]
    )


def _fold(user_id: tf.Tensor, movie_id: tf.Tensor, folds: int) -> tf.Tensor:
    """Assigns each (user, movie) pair to one of `folds` parts, the same in every run."""
    pair = tf.strings.as_string(user_id) + ":" + tf.strings.as_string(movie_id)
    return tf.strings.to_hash_bucket_fast(pair, folds)


def _history_totals(
    movie_ids: tf.SparseTensor,
    ratings: tf.SparseTensor,
    is_unknown: tf.Tensor,
    aggregates: RatingAggregates,
    config: TransformConfig,
) -> tf.Tensor:
    """The sums of unknown users from their histories, [B, 3] as `user_sums`; 0 for known users.

    `is_unknown` [B] says who they are. In an evaluation nearly all users are known, and looking up
    their histories would take most of the time.
    """
    rows = movie_ids.indices[:, 0]
    is_needed = tf.gather(is_unknown, rows)
    row, movie_id, rating = (
        tf.boolean_mask(each, is_needed) for each in (rows, movie_ids.values, ratings.values)
    )
    totals = tf.reduce_sum(
        rows_at(aggregates.movie_sums, index_of(aggregates.movie_ids, movie_id)), axis=1
    )
    expected = damped_mean(totals, aggregates.moments.rating_mean, config.movie_damping)
    columns = tf.stack([tf.ones_like(rating), rating, rating - expected], axis=1)
    return tf.math.unsorted_segment_sum(columns, row, num_segments=movie_ids.dense_shape[0])


def _plain_outputs(
    user_totals: tf.Tensor, movie_totals: tf.Tensor, moments: Moments, config: TransformConfig
) -> Tensors:
    """The aggregates of all train ratings, the bias baseline and the bands of the slices."""
    plain = _aggregate_features(user_totals, movie_totals, moments, config)
    user_bias = user_totals[:, RESIDUAL_SUM] / (user_totals[:, COUNT] + config.user_damping)
    return {
        **plain,
        features.BIAS_RATING: plain[features.MOVIE_DAMPED_MEAN] + user_bias,
        features.MOVIE_RATING_COUNT: movie_totals[:, COUNT],
        features.MOVIE_LIKE_COUNT: movie_totals[:, LIKES],
        features.USER_ACTIVITY: _band(user_totals[:, COUNT], features.ACTIVITY_FLOORS),
        features.MOVIE_POPULARITY: _band(movie_totals[:, COUNT], features.POPULARITY_FLOORS),
    }


def _aggregate_features(
    user_totals: tf.Tensor, movie_totals: tf.Tensor, moments: Moments, config: TransformConfig
) -> Tensors:
    """`features.AGGREGATES` from sums [B, 3]."""
    mean = moments.rating_mean
    movie_mean = damped_mean(movie_totals, mean, config.movie_damping)
    user_mean = damped_mean(user_totals, mean, config.user_damping)
    return {
        features.USER_RATING_FREQ: moments.user_freq.z_score(_log_count(user_totals)),
        features.USER_RATING_MEAN: moments.user_rating.z_score(user_mean),
        features.MOVIE_RATING_FREQ: moments.movie_freq.z_score(_log_count(movie_totals)),
        features.MOVIE_AVG_RATING: moments.movie_rating.z_score(movie_mean),
        features.MOVIE_DAMPED_MEAN: movie_mean,
    }


def _log_count(totals: tf.Tensor) -> tf.Tensor:
    """log(1 + ratings) of sums [B, 3], rounded from double.

    A single-precision logarithm differs in its last bit with the place of a row in its batch, and
    batches differ from run to run: features could not be compared bit for bit.
    """
    return tf.cast(tf.math.log1p(tf.cast(totals[:, COUNT], tf.float64)), tf.float32)


def _band(counts: tf.Tensor, floors: dict[str, int]) -> tf.Tensor:
    """Names the band of each count: the last whose floor it reaches."""
    position = tf.searchsorted(tf.constant(list(floors.values()), tf.float32), counts, side="right")
    return tf.gather(tf.constant(list(floors)), position - 1)
