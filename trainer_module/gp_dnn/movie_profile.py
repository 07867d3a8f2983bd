"""All that the taste model knows of a movie, rated or not, as tensors."""

from typing import Any, Final, NamedTuple

import numpy as np
import tensorflow as tf

from trainer_module.data.inputs import GENRE_SHARES, Inputs
from trainer_module.data.ratings import Ratings
from trainer_module.gp_dnn.collaborative_factors import residual_factors, seen_factors
from trainer_module.gp_dnn.content_vectors import TitleVectors, era_vector
from trainer_module.gp_dnn.movie_statistics import fit_statistics, with_popularity
from transform_module import features

_DECADES: Final = 10
_FIRST_DECADE: Final = 1925.0


class MovieProfile(NamedTuple):
    """Movies of any shape [...], float32."""

    genres: tf.Tensor  # [..., GENRES], of length one, or zeros
    release_year: tf.Tensor  # [...]
    era: tf.Tensor  # [..., ERA_WIDTH]
    title: tf.Tensor  # [..., TITLE_FACTORS]
    residual: tf.Tensor  # [..., FACTORS]: see `residual_factors`
    seen: tf.Tensor  # [..., FACTORS]: see `seen_factors`
    expected: tf.Tensor  # [..., TARGETS]: what to expect of each target before the user is known
    prior: tf.Tensor  # [...]: the part of the expected stars that rests on content alone
    log_count: tf.Tensor  # [...]: log(1 + ratings)
    like_share: tf.Tensor  # [...]
    low_share: tf.Tensor  # [...], of low ratings
    mean_stars: tf.Tensor  # [...]
    variance: tf.Tensor  # [...], of the stars around what movie and user explain

    def at(self, rows: tf.Tensor) -> "MovieProfile":
        """Gathers rows of any shape along the first axis."""
        return MovieProfile(*(tf.gather(column, rows) for column in self))


class FittedProfiles(NamedTuple):
    """Profiles of a catalogue, and what it takes to describe a movie outside of it."""

    table: MovieProfile  # [N + 1]; row 0 is the movie of which nothing is known
    means: tf.Tensor  # float32 [TARGETS], of each target over all ratings
    prior_weights: tf.Tensor  # float32 [C, TARGETS], from an unrated movie's content to its biases


def fit_profiles(ratings: Ratings, movies: Inputs, titles: TitleVectors) -> FittedProfiles:
    """Fits the profiles of a catalogue, `CatalogueTables.all_features()`, to ratings of it."""
    content = _content(movies).numpy().astype(np.float64)
    statistics = fit_statistics(ratings, content)
    design = with_popularity(content, statistics.counts)
    return FittedProfiles(
        table=MovieProfile(
            **_described(movies, titles),
            residual=_tensor(residual_factors(ratings, statistics)),
            seen=_tensor(seen_factors(ratings, statistics)),
            expected=_tensor(statistics.means + statistics.biases),
            prior=_tensor(design @ statistics.prior_weights[:, 0]),
            log_count=_tensor(np.log1p(statistics.counts)),
            like_share=_tensor(statistics.like_shares),
            low_share=_tensor(statistics.low_shares),
            mean_stars=_tensor(statistics.mean_stars),
            variance=_tensor(statistics.variances),
        ),
        means=_tensor(statistics.means),
        prior_weights=_tensor(statistics.prior_weights[: content.shape[1]]),
    )


def unrated_profiles(movie: Inputs, fitted: FittedProfiles, titles: TitleVectors) -> MovieProfile:
    """Profiles of movies that nobody has rated, from `movie_inputs` [...] alone."""
    biases = tf.tensordot(_content(movie), fitted.prior_weights, axes=1)
    nobody = fitted.table.at(tf.zeros(tf.shape(biases)[:-1], tf.int32))
    return nobody._replace(
        **_described(movie, titles), expected=fitted.means + biases, prior=biases[..., 0]
    )


def _described(movie: Inputs, titles: TitleVectors) -> dict[str, tf.Tensor]:
    """The parts of a profile that need no rating."""
    return {
        "genres": tf.sqrt(movie[GENRE_SHARES]),
        "release_year": movie[features.RELEASE_YEAR],
        "era": era_vector(movie[features.RELEASE_YEAR]),
        "title": titles(movie[features.TITLE_WORDS]),
    }


def _content(movie: Inputs) -> tf.Tensor:
    """What the prior of a bias is linear in: [...] movies to float32 [..., 1 + 2 GENRES + 10].

    One; the genres; the genres as a vector of length one; smooth decades that sum to one.
    """
    shares, year = movie[GENRE_SHARES], movie[features.RELEASE_YEAR]
    decade = tf.clip_by_value((year - _FIRST_DECADE) / 10.0, 0.0, _DECADES - 1.0)
    bumps = tf.exp(-tf.square(decade[..., tf.newaxis] - tf.range(float(_DECADES))))
    bumps /= tf.reduce_sum(bumps, axis=-1, keepdims=True)
    marks = tf.cast(shares > 0, tf.float32)
    return tf.concat(
        [tf.ones_like(decade)[..., tf.newaxis], marks, tf.sqrt(shares), bumps], axis=-1
    )


def _tensor(values: Any) -> tf.Tensor:
    return tf.constant(values, tf.float32)
