import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tests.support.transformed import apply_graph
from tests.support.world import World
from trainer_module.models.objectives import (
    OBJECTIVES,
    CrossEntropy,
    MeanSquaredError,
    Objective,
    Ordinal,
)
from transform_module import features

EVERY = pytest.mark.parametrize("objective", [make() for make in OBJECTIVES.values()])
PLAIN = pytest.mark.parametrize("objective", [MeanSquaredError(), CrossEntropy()])


def floats(*values: float) -> NDArray[np.float32]:
    return np.array(values, np.float32)


def test_rating_is_the_score_clipped_to_the_scale() -> None:
    calibration = MeanSquaredError().calibrate(floats(3.0), floats(4.0))
    scores = tf.constant([-3.0, 0.5, 3.25, 9.0])
    assert calibration.rating(scores).numpy().tolist() == [0.5, 0.5, 3.25, 5.0]
    assert calibration.stars(scores).numpy().tolist() == scores.numpy().tolist()


@pytest.mark.parametrize(
    ("score", "probability"), [(3.75, 0.5), (4.75, 0.8413447), (2.75, 0.1586553)]
)
def test_liked_is_the_normal_probability_of_passing_the_border(
    score: float, probability: float
) -> None:
    calibration = MeanSquaredError().calibrate(floats(3.0, 4.0), floats(4.0, 3.0))
    np.testing.assert_allclose(calibration.liked(tf.constant([score])), [probability], atol=1e-6)


def test_a_smaller_error_makes_liked_surer() -> None:
    calibration = MeanSquaredError().calibrate(floats(3.0, 4.0), floats(3.5, 3.5))
    np.testing.assert_allclose(calibration.liked(tf.constant([4.25])), [0.8413447], atol=1e-6)


def test_scores_off_the_scale_err_by_what_is_clipped() -> None:
    calibration = MeanSquaredError().calibrate(floats(9.0, -9.0), floats(4.0, 1.5))
    assert calibration.deviation == 1.0


def test_a_perfect_fit_still_gives_probabilities() -> None:
    calibration = MeanSquaredError().calibrate(floats(3.75, 4.0), floats(3.75, 4.0))
    assert calibration.liked(tf.constant([3.75, 5.0, 0.5])).numpy().tolist() == [0.5, 1.0, 0.0]


def test_stars_are_the_line_that_fits_the_logits_of_eval() -> None:
    # Means 0 and 3; slope = sum(s * r) / sum(s * s) = (-2 + 4) / 2.
    calibration = CrossEntropy().calibrate(floats(-1.0, 0.0, 1.0), floats(2.0, 3.0, 4.0))
    assert (calibration.intercept, calibration.slope) == (3.0, 1.0)
    ratings = calibration.rating(tf.constant([0.0, 1.5, 9.0, -9.0]))
    assert ratings.numpy().tolist() == [3.0, 4.5, 5.0, 0.5]


def test_liked_is_the_sigmoid_of_the_logit() -> None:
    calibration = CrossEntropy().calibrate(floats(-1.0, 1.0), floats(2.0, 4.0))
    logits = tf.constant([0.0, np.log(3.0)], tf.float32)
    np.testing.assert_allclose(calibration.liked(logits), [0.5, 0.75], atol=1e-6)


@pytest.mark.parametrize("scores", [(1.0, -1.0), (2.0, 2.0)])
def test_stars_rise_with_the_logit_whatever_eval_says(scores: tuple[float, float]) -> None:
    calibration = CrossEntropy().calibrate(floats(*scores), floats(2.0, 4.0))
    low, high = calibration.stars(tf.constant([0.0, 1.0])).numpy()
    assert low < high
    mean = calibration.stars(tf.constant([np.mean(scores)], tf.float32))
    np.testing.assert_allclose(mean, [3.0], atol=1e-5)


def test_cross_entropy_is_that_of_a_like() -> None:
    losses = CrossEntropy().losses(tf.constant([4.0, 3.5]), tf.constant([np.log(3.0)] * 2))
    np.testing.assert_allclose(losses, [-np.log(0.75), -np.log(0.25)], rtol=1e-6)


def test_the_watched_error_is_the_loss_without_penalties() -> None:
    ratings, logits = tf.constant([4.0, 1.0]), tf.constant([2.0, -3.0])
    error = CrossEntropy().error()
    error.update_state(ratings, logits)
    np.testing.assert_allclose(
        error.result(), np.mean(CrossEntropy().losses(ratings, logits)), rtol=1e-6
    )


@PLAIN
def test_the_first_score_of_stars_is_a_line_through_the_border(objective: Objective) -> None:
    border, above = objective.score_of_stars(3.75), objective.score_of_stars(4.75)
    assert above - border == pytest.approx(objective.score_per_star)
    calibration = objective.calibrate(floats(3.0, 4.0), floats(4.0, 3.0))
    np.testing.assert_allclose(calibration.liked(tf.constant([border])), [0.5], atol=1e-6)


@pytest.mark.parametrize("stars", [0.5, 2.3, 3.6, 5.0])
def test_the_first_ordinal_score_stands_for_about_the_stars_that_it_is_made_of(
    stars: float,
) -> None:
    """Of a step half a star further the logit is half of `score_per_star` lower."""
    score = Ordinal().score_of_stars(np.float32(stars))
    np.testing.assert_allclose(np.diff(score), -0.5 * 1.7 / 0.9, rtol=1e-5)
    # Even odds to reach four stars are at the border of a like, 3.75.
    assert Ordinal().score_of_stars(np.float32(3.75))[6] == pytest.approx(0.0, abs=1e-6)
    calibration = Ordinal().calibrate(floats(0.0), floats(0.0))
    assert float(calibration.stars(tf.constant(score))) == pytest.approx(stars, abs=0.5)


def ordinal_loss_by_hand(stars: float, logits: NDArray[np.float64]) -> float:
    """Twice the mean cross entropy of the nine steps, half the squared error of their sum."""
    steps = np.arange(1.0, 5.5, 0.5)
    probabilities = 1 / (1 + np.exp(-np.asarray(logits, float)))
    entropy = -np.where(stars >= steps, np.log(probabilities), np.log(1 - probabilities))
    expected = 0.5 + 0.5 * probabilities.sum()
    return 2 * entropy.mean() + 0.5 * (expected - stars) ** 2


def test_the_ordinal_loss_is_that_of_the_steps_and_of_their_sum() -> None:
    logits = np.random.default_rng(0).normal(size=(3, 9))
    stars = [0.5, 3.5, 5.0]
    losses = Ordinal().losses(tf.constant(stars), tf.constant(logits, tf.float32))
    expected = [ordinal_loss_by_hand(*row) for row in zip(stars, logits, strict=True)]
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_the_ordinal_loss_of_even_odds_worked_by_hand() -> None:
    # Every step costs log 2; half of nine steps make 2.75 stars, 1.25 short of four.
    (loss,) = Ordinal().losses(tf.constant([4.0]), tf.zeros([1, 9])).numpy()
    assert loss == pytest.approx(2 * np.log(2.0) + 0.5 * 1.25**2)


def test_the_watched_error_of_ordinal_scores_is_that_of_their_stars() -> None:
    sure = np.full((2, 9), -50.0, np.float32)
    sure[0, :6] = 50.0  # three and a half stars
    sure[1, :3] = 50.0  # two
    error = Ordinal().error()
    error.update_state(tf.constant([4.0, 5.0]), tf.constant(sure))
    np.testing.assert_allclose(error.result(), np.sqrt((0.5**2 + 3.0**2) / 2), rtol=1e-6)


@EVERY
def test_scores_of_members_beside_each_other_are_each_held_to_the_stars(
    objective: Objective,
) -> None:
    random = np.random.default_rng(0)
    shape = (4, 3) if objective.parts is None else (4, 3, objective.parts)
    scores = tf.constant(random.normal(size=shape), tf.float32)
    stars = tf.constant([5.0, 4.0, 3.5, 0.5])
    losses = objective.losses(stars, scores)
    assert losses.shape == (4, 3)
    for member in range(3):
        alone = objective.losses(stars, scores[:, member])
        np.testing.assert_allclose(losses[:, member], alone, rtol=1e-6)


def test_likes_are_those_that_transform_labels(world: World) -> None:
    rows = world.splits["eval"]
    expected = apply_graph(world.output, rows)[features.LIKED].numpy()[:, 0]
    ratings = tf.constant([row[features.RATING][0] for row in rows])
    sure = tf.where(expected > 0, 50.0, -50.0)
    np.testing.assert_allclose(np.mean(CrossEntropy().losses(ratings, sure)), 0.0, atol=1e-6)
