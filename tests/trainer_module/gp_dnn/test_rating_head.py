import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.world import small_config
from trainer_module.gp_dnn.rating_head import RatingHead, SideBySide
from trainer_module.models.objectives import (
    OBJECTIVES,
    MeanSquaredError,
    Objective,
    Ordinal,
)

FIGURES = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
MEMBERS = 3


def head_of(objective: Objective, start: float = 3.0, **options: float) -> RatingHead:
    plain = {"members": MEMBERS, "dropout": 0.0, "input_dropout": 0.0}
    config = small_config("gp_dnn", **plain | options)
    mean, deviation = FIGURES.mean(axis=0), FIGURES.std(axis=0)
    return RatingHead(
        config, objective, mean, deviation, objective.score_of_stars(np.float32(start))
    )


@pytest.fixture
def layer() -> SideBySide:
    made = SideBySide(MEMBERS, 4, seed=0, activation="silu", bias=np.arange(4.0))
    made(tf.zeros([MEMBERS, 1, 7]))
    return made


def test_side_by_side_is_a_dense_layer_for_each_member(layer: SideBySide) -> None:
    inputs = np.random.default_rng(1).normal(size=(MEMBERS, 5, 7)).astype(np.float32)
    kernel, bias = (weight.numpy() for weight in layer.weights)
    for member, answer in enumerate(layer(inputs).numpy()):
        linear = inputs[member] @ kernel[member] + bias[member]
        np.testing.assert_allclose(answer, linear / (1 + np.exp(-linear)), atol=1e-5)


def test_members_start_apart_and_within_the_limit_of_glorot(layer: SideBySide) -> None:
    kernel, bias = (weight.numpy() for weight in layer.weights)
    assert not np.isclose(kernel[0], kernel[1]).any()
    assert np.abs(kernel).max() <= (6 / (7 + 4)) ** 0.5
    np.testing.assert_array_equal(bias, np.tile(np.arange(4.0), (MEMBERS, 1, 1)))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_training_gives_every_member_s_scores_and_inference_their_mean(name: str) -> None:
    objective = OBJECTIVES[name]()
    head = head_of(objective)
    each, mean = head(FIGURES, training=True).numpy(), head(FIGURES, training=False).numpy()
    parts = [] if objective.parts is None else [objective.parts]
    assert each.shape == (5, MEMBERS, *parts)
    assert mean.shape == (5, *parts)
    assert each.std(axis=1).min() > 0
    np.testing.assert_allclose(each.mean(axis=1), mean, atol=1e-5)


def test_untrained_scores_lie_around_the_start() -> None:
    scores = head_of(MeanSquaredError(), start=3.6)(np.tile(FIGURES, (100, 1)))
    assert abs(float(tf.reduce_mean(scores)) - 3.6) < 1.0


def test_before_anything_is_learned_the_average_movie_has_the_average_rating() -> None:
    """The mean of the features is figure 0, and the hidden layers pass 0 on."""
    average = FIGURES.mean(axis=0, keepdims=True)
    assert float(head_of(MeanSquaredError(), start=3.6)(average)[0]) == pytest.approx(3.6, abs=1e-5)
    ordinal = Ordinal()
    stars = ordinal.calibrate(np.zeros(1), np.zeros(1)).stars(head_of(ordinal, 3.6)(average))  # type: ignore[arg-type]
    assert float(stars[0]) == pytest.approx(3.6, abs=0.1)


def test_figures_far_out_tell_no_more_than_four_deviations() -> None:
    head = head_of(MeanSquaredError())
    mean, deviation = FIGURES.mean(axis=0), FIGURES.std(axis=0)
    far, farther = (head((mean + times * deviation)[np.newaxis]).numpy() for times in (4.01, 1e6))
    np.testing.assert_array_equal(far, farther)


def test_one_member_s_loss_says_nothing_to_another() -> None:
    """The gradient of what member 0 gets wrong is zero for the weights of the others."""
    objective = MeanSquaredError()
    head = head_of(objective)
    with tf.GradientTape() as tape:
        scores = head(FIGURES, training=True)
        loss = tf.reduce_sum(tf.square(scores[:, 0] - 1.0))
    for gradient in tape.gradient(loss, head.trainable_weights):
        assert gradient.numpy()[0].any()
        assert not gradient.numpy()[1:].any()


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_loss_of_a_training_batch_is_the_mean_of_the_members(name: str) -> None:
    objective = OBJECTIVES[name]()
    stars = tf.constant([5.0, 4.0, 0.5, 3.5, 2.0])
    each = head_of(objective)(FIGURES, training=True)
    alone = [np.mean(objective.losses(stars, each[:, member])) for member in range(MEMBERS)]
    assert np.mean(objective.losses(stars, each)) == pytest.approx(np.mean(alone), rel=1e-5)


def test_dropout_differs_from_member_to_member_and_only_in_training() -> None:
    head = head_of(MeanSquaredError(), input_dropout=0.5, dropout=0.5)
    still = [head(FIGURES).numpy() for _ in range(2)]
    np.testing.assert_array_equal(*still)
    moving = [head(FIGURES, training=True).numpy() for _ in range(2)]
    assert not np.allclose(*moving)


def test_the_same_seed_makes_the_same_head() -> None:
    heads = []
    for _ in range(2):
        keras.utils.set_random_seed(4)
        heads.append(head_of(MeanSquaredError(), seed=4)(FIGURES).numpy())
    np.testing.assert_array_equal(*heads)
