"""A protocol's data without TFX are the data that the pipeline's own steps make."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from audit.features import Recipe, build, keys_of, one_each, pair_keys
from movielens.splits import EVAL, TEST, TRAIN, pairs_sha256
from scoreboard.data.protocol_data import leaky_preprocessing, prepare
from scoreboard.data.rated_movies import split_ratings
from scoreboard.protocols import PROTOCOLS
from transform_module import features

USERS = 15


@pytest.fixture(scope="module")
def rated(default_ratings):
    rows, movies = default_ratings
    return split_ratings(rows[rows["user_id"] <= USERS], movies, PROTOCOLS["reference"].ingest)


@pytest.mark.parametrize(
    ("protocol", "sha256"),
    [
        ("temporal", "beeb7034235357e0f0499f0dd007f782a5d61903c5a7420f14c825f385f83fc5"),
        ("reference", "ef08d6a538c3f22f0a7ec8b134f47ca586a6c0e758c303f98de769a0440bf0b8"),
        ("reference-leaky", "ef08d6a538c3f22f0a7ec8b134f47ca586a6c0e758c303f98de769a0440bf0b8"),
    ],
)
def test_splits_are_those_of_the_protocols(default_ratings, protocol, sha256):
    rated = split_ratings(*default_ratings, PROTOCOLS[protocol].ingest)
    tests = rated.test_rows()
    assert pairs_sha256(tests["user_id"], tests["movie_id"]) == sha256


def test_features_are_of_every_rating_in_its_split_and_of_every_movie(rated, tmp_path):
    tables = build(rated, Recipe(), tmp_path / "features")
    for split, code in (("train", TRAIN), ("eval", EVAL), ("test", TEST)):
        rows = rated.rows[rated.codes == code]
        expected = np.sort(pair_keys(rows["user_id"], rows["movie_id"]))
        np.testing.assert_array_equal(keys_of(tables[split]), expected)
    assert len(tables["catalogue"]) == len(rated.movies)
    train = rated.rows[rated.codes == TRAIN]
    test = tables["test"]
    movie, count = one_each(test, features.MOVIE_ID)[0], one_each(test, "movie_rating_count")[0]
    assert count == np.count_nonzero(train["movie_id"] == movie)


def test_the_leaky_protocol_counts_every_rating_and_trains_on_what_it_tests_on(rated, tmp_path):
    recipe = Recipe(analysed=features.RATING_SPLITS, preprocessing=leaky_preprocessing)
    test = build(rated, recipe, tmp_path / "features")["test"]
    movie, count = one_each(test, features.MOVIE_ID)[0], one_each(test, "movie_rating_count")[0]
    assert count == np.count_nonzero(rated.rows["movie_id"] == movie)
    for name in features.AGGREGATES:
        assert test[name].equals(test[features.out_of_fold(name)])


def test_prepared_data_are_reused_until_the_ratings_change(rated, tmp_path):
    protocol = PROTOCOLS["reference"]
    first = prepare(protocol, rated, tmp_path)
    written = sum(len(batch.numpy()) for batch in first.raw_test_examples())
    assert written == np.count_nonzero(rated.codes == TEST)
    (file,) = tf.io.gfile.glob(first.transformed_files("catalogue"))
    before = tf.io.gfile.stat(file).mtime_nsec
    assert prepare(protocol, rated, tmp_path) == first
    assert tf.io.gfile.stat(file).mtime_nsec == before
    other = dataclasses.replace(rated, codes=np.where(rated.codes == EVAL, TRAIN, rated.codes))
    assert prepare(protocol, other, tmp_path).folder != first.folder
    assert not first.folder.exists()
