import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from trainer_module.layers import IdEmbedding, Level
from trainer_module.learned_weights import WEIGHTS_FILE, LearnedWeights, named_variables

ROWS = "movie/by_movie/embeddings"
KERNEL = "deep/kernel"


def weights(ids, rows, kernel=((1.0,),), **more):
    values = {ROWS: np.array(rows, np.float32), KERNEL: np.array(kernel, np.float32)}
    return LearnedWeights(values | more, {"movie": np.array(ids)})


def test_rows_move_by_id_and_new_ids_keep_their_first_values():
    """Movie 20 is gone, 10 and 30 have other indices, 5 and 40 are new; row 0 is of no movie."""
    base = weights([10, 20, 30], [[9], [1], [2], [3]], kernel=[[7]])
    fresh = weights([5, 10, 30, 40], [[0], [0.1], [0.2], [0.3], [0.4]], kernel=[[0.5]])
    moved = base.moved_to(fresh)
    assert moved.values[ROWS].tolist() == np.float32([[0], [0.1], [1], [3], [0.4]]).tolist()
    assert moved.values[KERNEL].tolist() == [[7]]
    assert moved.vocabularies["movie"].tolist() == [5, 10, 30, 40]
    assert base.known_share(fresh) == {"movie": (2, 4)}


def test_another_number_of_movies_is_no_difference():
    base, fresh = weights([10], [[0], [1]]), weights([10, 20], [[0], [1], [2]])
    assert fresh.difference(base) == ""


@pytest.mark.parametrize(
    ("base", "told"),
    [
        (weights([1], [[0, 0], [1, 1]]), f"{ROWS} should be .*movie, 1.*it is .*movie, 2"),
        (weights([1], [[0], [1]], kernel=[[1, 2]]), f"{KERNEL} should be .*1, 1.*it is .*1, 2"),
        (
            weights([1], [[0], [1]], **{KERNEL: np.ones((1, 1), np.float64)}),
            f"{KERNEL} should be float32 .*it is float64",
        ),
        (
            weights([1], [[0], [1]], **{"wide/bias": np.ones(1, np.float32)}),
            r"wide/bias should be absent; .*it is float32 \[1\]",
        ),
        (
            LearnedWeights({ROWS: np.zeros((2, 1), np.float32)}, {"movie": np.array([1])}),
            f"{KERNEL} should be .*it is absent",
        ),
    ],
)
def test_another_architecture_is_told(base, told):
    fresh = weights([1], [[0], [1]])
    assert fresh.difference(fresh) == ""
    assert re.match(told, fresh.difference(base))


def test_what_is_written_is_read(tmp_path):
    written = weights([10, 20], [[0], [1], [2]])
    written.write(str(tmp_path))
    read = LearnedWeights.read(str(tmp_path))
    assert read.values.keys() == written.values.keys()
    for name, value in written.values.items():
        np.testing.assert_array_equal(read.values[name], value, strict=True)
    assert read.vocabularies["movie"].tolist() == [10, 20]
    assert (tmp_path / WEIGHTS_FILE).is_file()


def test_a_model_without_the_file_has_none_to_read(tmp_path):
    assert LearnedWeights.read(str(tmp_path)) is None


class Tiny(keras.Model):
    """A vector and a level."""

    def __init__(self, **names):
        super().__init__()
        self.vectors = IdEmbedding(2, 1, l2=0.0, seed=0, **names)
        self.level = Level(1.0, name="level")

    def call(self, ids):
        return self.level(self.vectors(ids))


def called(model):
    model(tf.constant([1]))
    return model


def test_names_are_the_same_however_many_models_there_were():
    names = [set(named_variables(called(Tiny(name="movie")))) for _ in range(2)]
    assert names == [{ROWS, "level/level"}] * 2


def test_only_ids_that_rows_belong_to_ride_along():
    vocabularies = {"movie": np.array([10, 20]), "user": np.array([1, 2])}
    known = LearnedWeights.of(called(Tiny(name="movie")), vocabularies)
    assert known.vocabularies.keys() == {"movie"}
    by_user = LearnedWeights.of(called(Tiny(name="user", vocabulary="user")), vocabularies)
    assert by_user.vocabularies.keys() == {"user"}


def test_two_weights_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"name of its own.*level/level.*level/level"):
        named_variables(called(Twice()))


class Twice(keras.Model):
    """Two levels of the same name."""

    def __init__(self):
        super().__init__()
        self.one, self.other = Level(1.0, name="level"), Level(2.0, name="level")

    def call(self, ids):
        return self.one(self.other(tf.cast(ids, tf.float32)))
