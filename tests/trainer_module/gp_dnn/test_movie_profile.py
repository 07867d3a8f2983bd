"""Profiles of a catalogue, and of movies outside of it."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.small_catalogue import small_tables
from tests.support.small_ratings import random_ratings
from tests.trainer_module.gp_dnn.fitted_profiles import MOVIES, RATED_MOVIES
from trainer_module.data.catalogue import CatalogueTables
from trainer_module.data.inputs import GENRE_SHARES
from trainer_module.data.ratings import Ratings
from trainer_module.gp_dnn.content_vectors import TitleVectors
from trainer_module.gp_dnn.movie_profile import FittedProfiles, fit_profiles, unrated_profiles
from transform_module import features


@pytest.fixture(scope="module")
def tables() -> CatalogueTables:
    return small_tables(MOVIES)


@pytest.fixture(scope="module")
def titles(tables: CatalogueTables) -> TitleVectors:
    return TitleVectors(tables.all_features()[features.TITLE_WORDS].numpy()[1:])


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    return random_ratings(50, RATED_MOVIES, share=0.3)


@pytest.fixture(scope="module")
def fitted(tables: CatalogueTables, titles: TitleVectors, ratings: Ratings) -> FittedProfiles:
    return fit_profiles(ratings, tables.all_features(), titles)


def test_an_unrated_movie_is_the_same_inside_and_outside_of_the_catalogue(
    fitted: FittedProfiles, tables: CatalogueTables, titles: TitleVectors
) -> None:
    rows = tf.range(RATED_MOVIES + 1, MOVIES + 1)
    inside = fitted.table.at(rows)
    outside = unrated_profiles(tables.features_of(rows), fitted, titles)
    for name, part in inside._asdict().items():
        np.testing.assert_allclose(getattr(outside, name), part, atol=1e-5, err_msg=name)


def test_a_rated_movie_s_metadata_alone_say_less_than_its_ratings(
    fitted: FittedProfiles, tables: CatalogueTables, titles: TitleVectors
) -> None:
    rows = tf.range(1, RATED_MOVIES + 1)
    outside = unrated_profiles(tables.features_of(rows), fitted, titles)
    inside = fitted.table.at(rows)
    for name in ("genres", "release_year", "era", "title"):
        np.testing.assert_array_equal(getattr(outside, name), getattr(inside, name), err_msg=name)
    assert not outside.log_count.numpy().any()
    assert not np.allclose(outside.expected, inside.expected, atol=0.05)


def test_metadata_become_lengths_of_one(fitted: FittedProfiles, tables: CatalogueTables) -> None:
    shares = tables.all_features()[GENRE_SHARES].numpy()
    genres = fitted.table.genres.numpy()
    np.testing.assert_allclose(np.square(genres), shares, atol=1e-6)
    lengths = np.linalg.norm(genres, axis=1)
    np.testing.assert_allclose(lengths, shares.sum(axis=1) > 0, atol=1e-6)


def test_counts_and_means_are_those_of_the_ratings(
    fitted: FittedProfiles, ratings: Ratings
) -> None:
    counts = np.bincount(ratings.rows, minlength=MOVIES + 1)
    np.testing.assert_allclose(fitted.table.log_count, np.log1p(counts), rtol=1e-6)
    stars = ratings.stars
    means = [stars.mean(), (stars >= 4).mean(), (stars >= 5).mean(), (stars >= 3).mean()]
    np.testing.assert_allclose(fitted.means, means, rtol=1e-6)
    row = int(counts.argmax())
    low_share = (stars <= 2.5).mean()
    own = stars[ratings.rows == row]
    expected = [
        (np.sum(own >= 4) + 5 * means[1]) / (len(own) + 5),
        (np.sum(own <= 2.5) + 5 * low_share) / (len(own) + 5),
    ]
    shares = [fitted.table.like_share[row], fitted.table.low_share[row]]
    np.testing.assert_allclose(shares, expected, rtol=1e-6)


def test_what_is_expected_follows_the_ratings(fitted: FittedProfiles, ratings: Ratings) -> None:
    """A movie of many ratings is expected about its mean, whatever its content says."""
    counts = np.bincount(ratings.rows, minlength=MOVIES + 1)
    means = np.bincount(ratings.rows, ratings.stars, MOVIES + 1) / np.maximum(counts, 1)
    expected = fitted.table.expected.numpy()[:, 0]
    assert np.corrcoef(means[counts > 0], expected[counts > 0])[0, 1] > 0.9


def test_profiles_of_any_shape(
    fitted: FittedProfiles, tables: CatalogueTables, titles: TitleVectors
) -> None:
    rows = tf.constant([[1, 2, 3], [38, 39, 40]])
    square = unrated_profiles(tables.features_of(rows), fitted, titles)
    flat = unrated_profiles(tables.features_of(tf.reshape(rows, [-1])), fitted, titles)
    for name, part in flat._asdict().items():
        again = tf.reshape(getattr(square, name), part.shape)
        np.testing.assert_allclose(again, part, atol=1e-6, err_msg=name)
