from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tests.support.transformed import apply_graph, write_splits
from tests.support.world import MOVIES, DataAccessor, World, small_config
from trainer_module.data.input_data import TransformedExamples, dense_feature
from trainer_module.data.inputs import GENRE_SHARES
from transform_module import features


@pytest.fixture(scope="module")
def expected(world: World) -> dict[str, Any]:
    return apply_graph(world.output, world.splits["train"])


def reader(world: World) -> TransformedExamples:
    return TransformedExamples(DataAccessor(), world.output)


CONFIG = small_config("mf_dnn", max_history=4, batch_size=16)


def batches(world: World, training: bool = False) -> list[tuple[dict[str, tf.Tensor], tf.Tensor]]:
    return list(reader(world).batches(world.files("train"), CONFIG, training=training))


def column(found: list[tuple[dict[str, tf.Tensor], tf.Tensor]], name: str) -> NDArray[Any]:
    return np.concatenate([inputs[name].numpy() for inputs, _ in found])


def test_evaluation_sees_the_plain_aggregates_in_the_order_of_the_file(
    world: World, expected: dict[str, Any]
) -> None:
    found = batches(world)
    name = features.MOVIE_AVG_RATING
    np.testing.assert_allclose(column(found, name), expected[name].numpy()[:, 0], rtol=1e-6)
    labels = np.concatenate([label.numpy() for _, label in found])
    np.testing.assert_array_equal(labels, expected[features.RATING].numpy()[:, 0])


@pytest.mark.parametrize("name", features.AGGREGATES)
def test_training_sees_the_out_of_fold_aggregates(
    world: World, expected: dict[str, Any], name: str
) -> None:
    held_out = expected[features.out_of_fold(name)].numpy()[:, 0]
    assert not np.allclose(np.sort(held_out), np.sort(expected[name].numpy()[:, 0]))
    found = column(batches(world, training=True), name)
    np.testing.assert_allclose(np.sort(found), np.sort(held_out), rtol=1e-6)


def test_training_is_shuffled_and_loses_no_row(world: World) -> None:
    plain, shuffled = batches(world), batches(world, training=True)
    ids = [column(found, features.MOVIE_INDEX) for found in (plain, shuffled)]
    assert ids[0].tolist() != ids[1].tolist()
    assert sorted(ids[0].tolist()) == sorted(ids[1].tolist())


def test_a_split_without_examples_is_named(world: World, tmp_path: Path) -> None:
    write_splits(tmp_path, world.output, {"empty": []})
    files = [str(tmp_path / "Split-empty" / "*")]
    with pytest.raises(ValueError, match=r"No example in .*Split-empty"):
        reader(world).batches(files, CONFIG, training=False)


def test_ratings_are_read_with_user_movie_stars_and_time(world: World) -> None:
    catalogue_ids = np.arange(MOVIES + 1) * 10
    ratings = reader(world).ratings(world.files("train"), catalogue_ids)
    raw = sorted(
        (row[features.USER_ID][0], row[features.TIMESTAMP][0], row[features.MOVIE_ID][0],
         row[features.RATING][0])
        for row in world.splits["train"]
    )  # fmt: skip
    users, seconds, movies, stars = map(list, zip(*raw, strict=True))
    assert ratings.user_ids.tolist() == users
    assert ratings.timestamps.tolist() == seconds
    assert ratings.movie_ids.tolist() == movies
    assert ratings.stars.tolist() == stars
    assert ratings.rows.tolist() == [1 + movie // 10 for movie in movies]


def test_reading_the_ratings_of_a_split_without_any_is_refused(
    world: World, tmp_path: Path
) -> None:
    write_splits(tmp_path, world.output, {"empty": []})
    files = [str(tmp_path / "Split-empty" / "*")]
    with pytest.raises(ValueError, match=r"No example in .*Split-empty"):
        reader(world).ratings(files, np.array([10]))


def test_shapes_of_a_batch(world: World) -> None:
    inputs, label = batches(world)[0]
    assert inputs[features.HISTORY_MOVIE_IDS].shape == (16, 4)
    assert inputs[GENRE_SHARES].shape == (16, 20)
    assert inputs[features.TITLE_WORDS].shape == (16, features.MAX_TITLE_WORDS)
    assert inputs[features.YEAR].shape == label.shape == (16,)


def test_histories_are_padded_and_cut_keeping_the_most_recent() -> None:
    sparse = tf.RaggedTensor.from_row_lengths(tf.range(1, 7, dtype=tf.int64), [1, 5]).to_sparse()
    dense = dense_feature(features.HISTORY_MOVIE_IDS, sparse, 3)
    assert dense.numpy().tolist() == [[1, -1, -1], [2, 3, 4]]
    wide = dense_feature(features.HISTORY_MOVIE_IDS, sparse, 7)
    assert wide.numpy()[0].tolist() == [1] + [-1] * 6
