import numpy as np
import pytest
import tensorflow as tf

from trainer_module.export import ranking
from trainer_module.export.affinity import Affinity
from trainer_module.export.ease import ItemWeights

# Of the catalogue's rows 1 to 4 the weights cover 1 and 3, by B = [[0, 0.25], [0.5, 0]].
MOVIES = 4
WEIGHTS = ItemWeights(
    np.array([1, 3]),
    np.array([[0.25, 0.0], [0.0, 0.5]], np.float32),
    np.array([[0.0, 1.0], [1.0, 0.0]], np.float32),
)


@pytest.fixture(scope="module")
def affinity():
    return Affinity(WEIGHTS, MOVIES, decay=2.0)


def scores(affinity, rows, ratings):
    values, has_like = affinity.scores(
        tf.constant([rows], tf.int64), tf.constant([ratings], tf.float32)
    )
    return values.numpy()[0].tolist(), bool(has_like.numpy()[0])


def test_a_liked_movie_speaks_for_those_watched_with_it(affinity):
    assert scores(affinity, [3], [5.0]) == ([0.5, 0.0, 0.0, 0.0], True)


def test_a_movie_that_was_not_liked_does_not_speak(affinity):
    assert scores(affinity, [3, 1], [3.5, 4.0]) == (
        [0.0, 0.0, pytest.approx(0.25 / 1.5), 0.0],
        True,
    )


def test_an_older_like_speaks_more_softly(affinity):
    values, _ = scores(affinity, [0, 0, 3], [0.0, 0.0, 5.0])
    assert values[0] == pytest.approx(0.5 / 2)


@pytest.mark.parametrize(("rows", "ratings"), [([], []), ([0], [5.0]), ([2, 4], [5.0, 5.0])])
def test_a_history_without_a_covered_like_says_so(affinity, rows, ratings):
    assert scores(affinity, rows, ratings) == ([0.0] * 4, False)


def test_no_score_falls_below_the_padding(affinity):
    down = ItemWeights(WEIGHTS.rows, -9 * WEIGHTS.outgoing, WEIGHTS.incoming)
    values, _ = scores(Affinity(down, MOVIES, decay=2.0), [3], [5.0])
    assert min(values) == ranking.PADDING_SCORE
