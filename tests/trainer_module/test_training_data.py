import numpy as np
import pytest

from tests.support.world import MOVIES, DataAccessor, small_config
from trainer_module.ratings import Ratings
from trainer_module.training_data import RatingSource
from transform_module import features

CATALOGUE = np.arange(MOVIES + 1) * 10


@pytest.fixture(scope="module")
def source(world):
    return RatingSource(
        DataAccessor(),
        world.output,
        CATALOGUE,
        world.files("train"),
        world.files("eval"),
        small_config("mf_dnn"),
    )


def keys(ratings):
    return list(zip(ratings.user_ids.tolist(), ratings.movie_ids.tolist(), strict=True))


def raw_keys(rows):
    return {(row[features.USER_ID][0], row[features.MOVIE_ID][0]) for row in rows}


def rows_in(batches):
    return sum(len(stars) for _, stars in batches())


def test_by_split_train_is_learned_from_and_eval_judges(source, world):
    data = source.by_split()
    assert set(keys(data.train)) == raw_keys(world.splits["train"])
    assert set(keys(data.evaluation)) == raw_keys(world.splits["eval"])
    assert rows_in(data.train_batches) == len(world.splits["train"])
    assert rows_in(data.evaluation_batches) == len(world.splits["eval"])


def test_together_train_and_eval_are_learned_from_and_nothing_judges(source, world):
    data = source.together()
    assert data.evaluation is None
    split = source.by_split()
    assert keys(data.train) == keys(Ratings.concatenated([split.train, split.evaluation]))
    everything = world.splits["train"] + world.splits["eval"]
    assert rows_in(data.train_batches) == len(everything)


def test_train_batches_are_shuffled_and_those_of_eval_are_not(source):
    data = source.by_split()
    first, second = ([stars.numpy() for _, stars in data.train_batches()] for _ in range(2))
    assert not all(np.array_equal(*pair) for pair in zip(first, first[::-1], strict=True))
    (inputs, _), *_ = data.evaluation_batches()
    assert inputs[features.HISTORY_MOVIE_IDS].shape[1] == small_config("mf_dnn").max_history
    assert sorted(np.concatenate(first)) == sorted(np.concatenate(second))


def test_batches_that_nobody_asks_for_are_not_read(source, monkeypatch):
    monkeypatch.setattr("trainer_module.training_data.rating_dataset", None)
    assert len(source.by_split().train)
