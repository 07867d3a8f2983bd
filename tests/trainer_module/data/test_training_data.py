from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.support.examples import Row
from tests.support.world import MOVIES, DataAccessor, World, small_config
from trainer_module.data.input_data import RawExamples
from trainer_module.data.ratings import Ratings
from trainer_module.data.training_data import RatingSource
from trainer_module.data.transform_graph import TransformGraph
from transform_module import features

CATALOGUE = np.arange(MOVIES + 1) * 10
CONFIG = small_config("mf_dnn")


@pytest.fixture(scope="module")
def source(world: World) -> RatingSource:
    return RatingSource(
        RawExamples(DataAccessor(), TransformGraph(world.output, CONFIG.max_history)),
        CATALOGUE,
        world.files("train"),
        world.files("eval"),
        CONFIG,
    )


def keys(ratings: Ratings) -> list[tuple[int, int]]:
    return list(zip(ratings.user_ids.tolist(), ratings.movie_ids.tolist(), strict=True))


def pairs_of(rows: list[Row]) -> list[tuple[int, int]]:
    return [(row[features.USER_ID][0], row[features.MOVIE_ID][0]) for row in rows]


def rows_in(batches: Callable[[], Any]) -> int:
    return sum(len(stars) for _, stars in batches())


def test_by_split_train_is_learned_from_and_eval_judges(source: RatingSource, world: World) -> None:
    data = source.by_split()
    assert set(keys(data.train)) == set(pairs_of(world.splits["train"]))
    assert set(keys(data.evaluation)) == set(pairs_of(world.splits["eval"]))  # type: ignore[arg-type]
    assert rows_in(data.train_batches) == len(world.splits["train"])
    assert rows_in(data.evaluation_batches) == len(world.splits["eval"])


def test_together_train_and_eval_are_learned_from_and_nothing_judges(
    source: RatingSource, world: World
) -> None:
    data = source.together()
    assert data.evaluation is None
    split = source.by_split()
    assert keys(data.train) == keys(Ratings.concatenated([split.train, split.evaluation]))  # type: ignore[list-item]
    everything = world.splits["train"] + world.splits["eval"]
    assert rows_in(data.train_batches) == len(everything)


def pairs_in(dataset: tf.data.Dataset) -> list[tuple[int, int]]:
    """User and movie of every row in the order that it comes in; users count from 1, as ids do."""
    pairs: list[tuple[int, int]] = []
    for inputs, _ in dataset:
        users, movies = inputs[features.USER_INDEX], inputs[features.MOVIE_ID]
        pairs += zip(users.numpy().tolist(), movies.numpy().tolist(), strict=True)
    return pairs


def test_train_is_shuffled_anew_for_each_epoch_and_eval_keeps_its_order(
    source: RatingSource, world: World
) -> None:
    data = source.by_split()
    epochs = data.train_batches()
    first, second = pairs_in(epochs), pairs_in(epochs)
    in_file = pairs_of(world.splits["train"])
    assert sorted(first) == sorted(second) == sorted(in_file)
    assert first != second
    assert in_file not in (first, second)
    assert pairs_in(data.train_batches()) == first  # the seed's
    assert pairs_in(data.evaluation_batches()) == pairs_of(world.splits["eval"])


def test_a_history_is_as_long_as_the_model_looks(source: RatingSource) -> None:
    for batches in (source.by_split().train_batches, source.by_split().evaluation_batches):
        (inputs, _), *_ = batches()  # type: ignore[misc]
        assert inputs[features.HISTORY_MOVIE_IDS].shape[1] == CONFIG.max_history


def test_batches_that_nobody_asks_for_are_not_read(
    source: RatingSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RawExamples, "batches", None)
    assert len(source.by_split().train)
