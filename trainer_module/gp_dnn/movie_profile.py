"""All that the taste model knows of a movie, rated or not, as tensors."""

from typing import Final, NamedTuple

import tensorflow as tf

SHARES: Final = 2  # of likes and of low ratings


class MovieProfile(NamedTuple):
    """Movies of any shape [...], float32.

    Attributes:
        genres: [..., GENRES], of length one, or zeros.
        release_year: [...].
        era: [..., ERA_WIDTH].
        title: [..., TITLE_FACTORS].
        residual: [..., FACTORS]: see `residual_factors`.
        seen: [..., FACTORS]: see `seen_factors`.
        expected: [..., TARGETS]: what to expect of each target before the user is known.
        prior: [...]: the part of the expected stars that rests on content alone.
        log_count: [...]: log(1 + ratings).
        shares: [..., SHARES]: of likes and of low ratings.
        mean_stars: [...].
        variance: [...], of the stars around what movie and user explain.
    """

    genres: tf.Tensor
    release_year: tf.Tensor
    era: tf.Tensor
    title: tf.Tensor
    residual: tf.Tensor
    seen: tf.Tensor
    expected: tf.Tensor
    prior: tf.Tensor
    log_count: tf.Tensor
    shares: tf.Tensor
    mean_stars: tf.Tensor
    variance: tf.Tensor

    def at(self, rows: tf.Tensor) -> "MovieProfile":
        """Gathers rows of any shape along the first axis."""
        return MovieProfile(*(tf.gather(column, rows) for column in self))


class FittedProfiles(NamedTuple):
    """Profiles of a catalogue, and what it takes to describe a movie outside of it.

    Attributes:
        table: [N + 1]; row 0 is the movie of which nothing is known.
        means: float32 [TARGETS], of each target over all ratings.
        prior_weights: float32 [C, TARGETS], from an unrated movie's content to its biases.
    """

    table: MovieProfile
    means: tf.Tensor
    prior_weights: tf.Tensor
