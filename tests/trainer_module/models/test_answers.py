"""How stars and likes are read off raw scores."""

import numpy as np
import pytest
import tensorflow as tf

from trainer_module.models.objectives import (
    STEPS,
    CrossEntropy,
    MeanSquaredError,
    Objective,
    Ordinal,
)

SURE = 50.0


def test_steps_are_the_ratings_above_the_lowest() -> None:
    assert STEPS == (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)


@pytest.mark.parametrize("reached", range(10))
def test_sure_steps_add_up_to_the_rating(reached: int) -> None:
    logits = tf.constant([[SURE] * reached + [-SURE] * (9 - reached)])
    objective = Ordinal()
    stars = 0.5 + 0.5 * reached
    assert objective.stars(logits).numpy().tolist() == [stars]
    assert objective.rating(logits).numpy().tolist() == [stars]
    assert objective.liked(logits).numpy()[0] == pytest.approx(float(stars >= 4.0))


def test_expected_stars_are_half_a_star_for_each_step_as_far_as_it_is_probable() -> None:
    # P(rating >= 1) = 1/2, P(>= 1.5) = 1/4, and no more.
    logits = tf.constant([[0.0, -np.log(3.0), *[-SURE] * 7]], tf.float32)
    np.testing.assert_allclose(Ordinal().stars(logits), [0.5 + 0.25 + 0.125], rtol=1e-6)


def test_a_like_is_the_step_to_four_stars_alone() -> None:
    logits = np.zeros((1, 9), np.float32)
    logits[0, STEPS.index(4.0)] = np.log(3.0)
    np.testing.assert_allclose(Ordinal().liked(tf.constant(logits)), [0.75], rtol=1e-6)


def test_scores_of_any_shape() -> None:
    logits = tf.random.stateless_normal([2, 3, 9], seed=[0, 0])
    objective = Ordinal()
    for read in (objective.stars, objective.rating, objective.liked):
        assert read(logits).shape == (2, 3)
    np.testing.assert_allclose(objective.stars(logits)[1], objective.stars(logits[1]))


@pytest.mark.parametrize("objective", [MeanSquaredError(0.9), CrossEntropy(3.5, 0.4)])
def test_answers_rise_with_the_score(objective: Objective) -> None:
    scores = tf.linspace(-2.0, 7.0, 50)
    for read in (objective.stars, objective.liked, objective.rating):
        assert (np.diff(read(scores)) >= 0).all()


def test_every_answer_rises_with_every_step_of_an_ordinal_score() -> None:
    objective = Ordinal()
    for step in range(9):
        more = np.zeros((1, 9), np.float32)
        more[0, step] = 1.0
        assert objective.stars(tf.constant(more)) > objective.stars(tf.zeros([1, 9]))
