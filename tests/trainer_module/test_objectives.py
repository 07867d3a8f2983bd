import numpy as np
import pytest
import tensorflow as tf

from trainer_module.config import OBJECTIVES as NAMES
from trainer_module.objectives import OBJECTIVES, MeanSquaredError


def test_config_and_registry_name_the_same_objectives():
    assert set(NAMES) == set(OBJECTIVES)


def test_rating_is_the_score_clipped_to_the_scale():
    scores = tf.constant([-3.0, 0.5, 3.25, 9.0])
    assert MeanSquaredError().rating(scores).numpy().tolist() == [0.5, 0.5, 3.25, 5.0]


@pytest.mark.parametrize(
    ("score", "probability"), [(3.75, 0.5), (4.75, 0.8413447), (2.75, 0.1586553)]
)
def test_liked_is_the_normal_probability_of_passing_the_border(score, probability):
    liked = MeanSquaredError().liked(tf.constant([score]), deviation=1.0)
    np.testing.assert_allclose(liked, [probability], atol=1e-6)


def test_a_smaller_error_makes_liked_surer():
    liked = MeanSquaredError().liked(tf.constant([4.25]), deviation=0.5)
    np.testing.assert_allclose(liked, [0.8413447], atol=1e-6)
