"""The models that learn nothing, by values worked out by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.config import TrainerConfig
from trainer_module.data.catalogue import Catalogue, CatalogueTables
from trainer_module.data.inputs import MOVIE_FEATURES
from trainer_module.models.baselines import Bias, Dummy, Popular
from trainer_module.models.objectives import CrossEntropy, MeanSquaredError, Objective
from trainer_module.models.rating_model import Blueprint
from transform_module import features

Baseline = Bias | Dummy | Popular
MakeModel = Callable[[Blueprint], Baseline]


def tables_of(means: list[float], popularity: list[float]) -> CatalogueTables:
    """Movies 1, 2, ... of the given damped means and popularities; the mean of all is 3."""
    size = len(means)
    columns: dict[str, NDArray[Any]] = {name: np.zeros(size, np.float32) for name in MOVIE_FEATURES}
    columns |= {
        features.MOVIE_INDEX: np.arange(1, size + 1),
        features.GENRE_INDICES: np.zeros((size, features.MAX_GENRES), np.int64),
        features.MOVIE_DAMPED_MEAN: np.array(means, np.float32),
        features.MOVIE_RATING_FREQ: np.array(popularity, np.float32),
    }
    unknown = {name: np.zeros_like(column[:1]) for name, column in columns.items()}
    unknown[features.MOVIE_DAMPED_MEAN] = np.array([3.0], np.float32)
    unknown[features.MOVIE_RATING_FREQ] = np.array([-1.0], np.float32)
    catalogue = Catalogue(np.arange(1, size + 1), np.array([b""] * size, object), columns)
    return CatalogueTables(catalogue, unknown)


def model_of(
    make: MakeModel,
    means: list[float],
    popularity: list[float],
    objective: Objective | None = None,
    seed: int = 0,
) -> Baseline:
    model = make(
        Blueprint(
            config=TrainerConfig(seed=seed),
            objective=objective or MeanSquaredError(),
            tables=tables_of(means, popularity),
            movies=len(means),
            users=1,
        )
    )
    model.freeze()
    return model


def users(histories: list[list[int]], ratings: list[list[float]]) -> dict[str, tf.Tensor]:
    nothing = tf.zeros([len(histories)])
    return {
        features.USER_INDEX: tf.zeros([len(histories)], tf.int64),
        features.USER_RATING_FREQ: nothing,
        features.USER_RATING_MEAN: nothing,
        features.HISTORY_MOVIE_IDS: tf.constant(histories, tf.int64),
        features.HISTORY_RATINGS: tf.constant(ratings, tf.float32),
    }


def scores(model: Baseline, user: dict[str, tf.Tensor]) -> NDArray[np.float32]:
    return model.score_catalogue(user).numpy()


def test_bias_adds_the_damped_generosity_to_the_mean_of_the_movie() -> None:
    model = model_of(Bias, means=[3.0, 4.0], popularity=[0.0, 0.0])
    # Residuals 2 and 1 of two ratings, damped by five: 3 / 7. The padding says nothing.
    answer = scores(model, users([[1, 2, -1], [-1, -1, -1]], [[5.0, 5.0, 0.0], [0.0] * 3]))
    np.testing.assert_allclose(answer, [[3 + 3 / 7, 4 + 3 / 7], [3.0, 4.0]], rtol=1e-6)


def test_bias_as_a_logit_is_its_stars_over_the_border_of_a_like() -> None:
    user = users([[1, 2]], [[5.0, 5.0]])
    stars = scores(model_of(Bias, [3.0, 4.0], [0.0, 0.0]), user)
    logits = scores(model_of(Bias, [3.0, 4.0], [0.0, 0.0], CrossEntropy()), user)
    np.testing.assert_allclose(logits, 1.7 / 0.9 * (stars - 3.75), rtol=1e-5)


def test_popular_is_the_line_of_means_over_popularity() -> None:
    # Rows: unknown (-1, 3.0), then (0, 3.5), (1, 4.0): a line of slope 1/2 through (0, 3.5).
    model = model_of(Popular, means=[3.5, 4.0], popularity=[0.0, 1.0])
    answer = scores(model, users([[1], [2]], [[5.0], [1.0]]))
    np.testing.assert_allclose(answer, [[3.5, 4.0]] * 2, rtol=1e-6)


def test_popular_ranks_by_popularity_even_where_the_popular_is_rated_low() -> None:
    model = model_of(Popular, means=[4.5, 1.0], popularity=[0.0, 2.0])
    answer = scores(model, users([[-1]], [[0.0]]))[0]
    assert answer[0] < answer[1]


def test_dummy_spreads_over_the_scale_the_same_at_every_call() -> None:
    many = 2000
    model = model_of(Dummy, means=[3.0] * many, popularity=[0.0] * many)
    user = users([[1, 2], [2, 1]], [[5.0, 5.0]] * 2)
    answer = scores(model, user)
    assert np.array_equal(answer, scores(model, user))
    assert 0.5 <= answer.min() < 0.6
    assert 4.9 < answer.max() <= 5.0
    np.testing.assert_allclose(answer.mean(axis=1), 2.75, atol=0.1)
    assert abs(np.corrcoef(answer)[0, 1]) < 0.1
    rows = tf.constant([[5, 7]] * 2, tf.int64)
    assert np.array_equal(model.score_rows(user, rows).numpy(), answer[:, [4, 6]])


def test_dummy_guesses_otherwise_by_another_seed() -> None:
    user = users([[1]], [[5.0]])
    first, second = (
        scores(model_of(Dummy, [3.0] * 50, [0.0] * 50, seed=seed), user) for seed in (0, 1)
    )
    assert not np.isclose(first, second).any()


@pytest.mark.parametrize("make", [Bias, Popular, Dummy])
def test_nothing_is_to_be_trained(make: MakeModel) -> None:
    model = model_of(make, means=[3.0, 4.0], popularity=[0.0, 1.0])
    movie = model.tables.features_of(tf.constant([1]))
    model(users([[1]], [[5.0]]) | movie)
    assert model.trainable_weights == []
