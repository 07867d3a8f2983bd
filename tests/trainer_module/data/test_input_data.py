from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tests.support.transformed import apply_graph, write_splits
from tests.support.world import MOVIES, DataAccessor, World, small_config
from trainer_module.data.input_data import RawExamples
from trainer_module.data.inputs import GENRE_SHARES
from trainer_module.data.transform_graph import TransformGraph
from transform_module import features


@pytest.fixture(scope="module")
def expected(world: World) -> dict[str, Any]:
    return apply_graph(world.output, world.splits["train"])


CONFIG = small_config("mf_dnn", max_history=4, batch_size=16)
CATALOGUE_IDS = np.arange(MOVIES + 1) * 10


def reader(world: World) -> RawExamples:
    return RawExamples(DataAccessor(), TransformGraph(world.output, CONFIG.max_history))


def batches(world: World, training: bool = False) -> list[tuple[dict[str, tf.Tensor], tf.Tensor]]:
    files = world.files("train")
    ratings = reader(world).ratings(files, CATALOGUE_IDS)
    return list(reader(world).batches(files, ratings, CONFIG, training=training))


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


def test_ratings_are_read_with_user_movie_stars_and_time(world: World) -> None:
    ratings = reader(world).ratings(world.files("train"), CATALOGUE_IDS)
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
    write_splits(tmp_path, {"empty": []})
    files = [str(tmp_path / "Split-empty" / "*")]
    with pytest.raises(ValueError, match=r"No example in .*Split-empty"):
        reader(world).ratings(files, np.array([10]))


def test_shapes_of_a_batch(world: World) -> None:
    inputs, label = batches(world)[0]
    assert inputs[features.HISTORY_MOVIE_IDS].shape == (16, 4)
    assert inputs[GENRE_SHARES].shape == (16, 20)
    assert inputs[features.TITLE_WORDS].shape == (16, features.MAX_TITLE_WORDS)
    assert inputs[features.YEAR].shape == label.shape == (16,)
