"""Profiles of a small catalogue fitted to random ratings, and the same model of taste by hand."""

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from tests.support.small_catalogue import small_tables
from tests.support.small_ratings import random_ratings
from trainer_module.gp_dnn import taste_kernel
from trainer_module.gp_dnn.content_vectors import TitleVectors
from trainer_module.gp_dnn.movie_profile import FittedProfiles, MovieProfile, fit_profiles
from transform_module import features

MOVIES, RATED_MOVIES = 40, 36  # the last four have no rating
LENGTH_SCALE = 10.0  # of the years; the map keeps all but half a hundredth of this kernel


@functools.cache
def fitted_profiles() -> FittedProfiles:
    """Of `MOVIES`, of which the first `RATED_MOVIES` are rated."""
    movies = small_tables(MOVIES).all_features()
    titles = TitleVectors(movies[features.TITLE_WORDS].numpy()[1:])
    return fit_profiles(random_ratings(50, RATED_MOVIES, share=0.3), movies, titles)


def with_theoretical_ties(table: MovieProfile) -> MovieProfile:
    """Movies of which all odd rows are equally like each of the even ones.

    Odd rows have the same numbers in unlike orders, even ones the same number everywhere: sums that
    are equal but for rounding errors.
    """
    random = np.random.default_rng(0)
    replaced = {}
    for name in ("seen", "title", "residual"):
        vectors = getattr(table, name).numpy()
        numbers = random.uniform(0.02, 0.2, vectors.shape[1])
        for row in range(1, len(vectors)):
            vectors[row] = random.permutation(numbers) if row % 2 else 0.1 + 0.001 * row
        replaced[name] = tf.constant(vectors)
    return table._replace(**replaced)


def kernel(left: Any, right: Any) -> np.ndarray:
    """How alike rows [n] and [m] of the table are to a taste, [n, m], kernel by kernel."""
    fitted = fitted_profiles()
    table = {name: part.numpy().astype(float) for name, part in fitted.table._asdict().items()}

    def dots(name: str) -> np.ndarray:
        return table[name][left] @ table[name][right].T

    def products(column: np.ndarray) -> np.ndarray:
        return np.outer(column[left], column[right])

    years = table["release_year"][left][:, np.newaxis] - table["release_year"][right]
    eras = np.exp(-0.5 * (years / LENGTH_SCALE) ** 2)
    genres = dots("genres")
    return (
        taste_kernel._CONSTANT
        + taste_kernel._GENRE * genres
        + taste_kernel._GENRE_ERA * genres * eras
        + taste_kernel._ERA * eras
        + taste_kernel._TITLE * dots("title")
        + taste_kernel._SEEN * dots("seen")
        + taste_kernel._RESIDUAL * dots("residual")
        + taste_kernel._BIAS * products(table["expected"][:, 0] - float(fitted.means[0]))
        + taste_kernel._POPULARITY * products(table["log_count"] - taste_kernel._USUAL_LOG_COUNT)
    )


def noise(rows: Any) -> np.ndarray:
    """The variance of a rating of each row, [n]: larger for a movie of few ratings."""
    counts = np.exp(fitted_profiles().table.log_count.numpy()[rows].astype(float))
    return taste_kernel._NOISE + taste_kernel._NOISE_UNRATED / counts


def predicted(rows: Any, stars: Any, candidates: Any) -> tuple[np.ndarray, np.ndarray]:
    """What a Gaussian process says of candidates [m] after a history [n]: means and variances."""
    expected = fitted_profiles().table.expected.numpy()[:, 0].astype(float)
    across = kernel(candidates, rows)
    system = kernel(rows, rows) + np.diag(noise(rows))
    means = expected[candidates] + across @ np.linalg.solve(system, stars - expected[rows])
    explained = np.sum(across * np.linalg.solve(system, across.T).T, axis=1)
    return means, np.diag(kernel(candidates, candidates)) - explained
