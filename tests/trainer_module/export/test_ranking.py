from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from trainer_module.export import ranking

IDS = tf.constant([10, 20, 30, 40], tf.int64)
TITLES = tf.constant(["a", "b", "c", "d"])


def top(scores: Any, hidden: list[list[int]], k: int) -> list[Any]:
    answer = ranking.top_movies(
        tf.constant(scores), tf.constant(hidden, tf.int64), IDS, TITLES, tf.constant(k)
    )
    return [part.numpy().tolist() for part in answer]


def test_best_movies_come_first_and_hidden_ones_not_at_all() -> None:
    ids, scores, titles = top([[1.0, 4.0, 3.0, 2.0]], [[2, 0]], k=2)
    assert ids == [[30, 40]]
    assert scores == [[3.0, 2.0]]
    assert titles == [[b"c", b"d"]]


def test_ties_are_broken_by_the_smaller_id() -> None:
    assert top([[2.0, 2.0, 5.0, 2.0]], [[0]], k=4)[0] == [[30, 10, 20, 40]]


def test_rounding_errors_are_no_order() -> None:
    score = np.float32(0.3)
    above = np.nextafter(score, np.float32(1))
    assert top([[score, above, 0.31, above]], [[2]], k=3)[0] == [[30, 10, 40]]


def test_scores_are_told_to_within_half_a_step() -> None:
    scores = np.linspace(-1.0, 5.0, 4, dtype=np.float32)
    np.testing.assert_allclose(top([scores], [[0]], k=4)[1], [scores[::-1]], atol=2.0**-19)
    assert top([[0.0, 3.0, 350.0, 87_585.0]], [[0]], k=4)[1] == [[87_585.0, 350.0, 3.0, 0.0]]


def test_a_movie_hidden_twice_is_hidden_once() -> None:
    assert top([[1.0, 2.0, 3.0, 4.0]], [[4, 4, 4]], k=1)[0] == [[30]]


def test_each_user_hides_only_the_own_movies() -> None:
    scores = [[1.0, 2.0, 3.0, 4.0]] * 2
    assert top(scores, [[4, 3], [1, 0]], k=2)[0] == [[20, 10], [40, 30]]


@pytest.mark.parametrize(
    ("count", "expected"), [(0, b"popular"), (1, b"content"), (4, b"content"), (5, b"model")]
)
def test_tier_borders(count: int, expected: bytes) -> None:
    assert ranking.tier(tf.constant([count]), 5).numpy().tolist() == [expected]


UNIT = tf.constant([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])


def test_content_score_is_the_mean_cosine_to_what_was_liked() -> None:
    scores = ranking.content_scores(
        UNIT, tf.constant([[1, 2]]), tf.constant([[5.0, 4.0]]), tf.constant([[1.0, 1.0]])
    )
    np.testing.assert_allclose(scores[0], [0.5, 0.5, 0.7], atol=1e-6)


def test_a_disliked_movie_does_not_count_beside_a_liked_one() -> None:
    scores = ranking.content_scores(
        UNIT, tf.constant([[1, 2]]), tf.constant([[5.0, 1.0]]), tf.constant([[1.0, 1.0]])
    )
    np.testing.assert_allclose(scores[0], [1.0, 0.0, 0.6], atol=1e-6)


def test_a_history_of_dislikes_alone_turns_away_from_them() -> None:
    scores = ranking.content_scores(
        UNIT, tf.constant([[1, 0]]), tf.constant([[1.0, 5.0]]), tf.constant([[1.0, 0.0]])
    )
    np.testing.assert_allclose(scores[0], [-1.0, 0.0, -0.6], atol=1e-6)


def test_confidence_without_damping_is_whole_or_none() -> None:
    assert ranking.confidence(tf.constant([0.0, 1.0]), damping=0.0).numpy().tolist() == [0.0, 1.0]
