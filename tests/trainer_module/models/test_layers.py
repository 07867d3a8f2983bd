import keras
import numpy as np
import pytest
import tensorflow as tf

from trainer_module.data.inputs import GENRE_SHARES, GENRES
from trainer_module.models.layers import History, IdEmbedding, content_vector, year_basis
from transform_module import features


def test_id_zero_is_the_zero_vector_and_others_are_not() -> None:
    vectors = IdEmbedding(5, 3, hidden_share=0.0, l2=0.0, seed=1)(tf.constant([[0, 5], [1, 0]]))
    norms = np.linalg.norm(vectors, axis=-1)
    assert norms[0, 0] == norms[1, 1] == 0
    assert norms[0, 1] > 0
    assert norms[1, 0] > 0


def test_ids_are_hidden_in_training_only() -> None:
    layer = IdEmbedding(1, 2, hidden_share=0.5, l2=0.0, seed=1)
    ids = tf.ones([2000], tf.int64)
    hidden = np.mean(np.linalg.norm(layer(ids, training=True), axis=1) == 0)
    assert 0.4 < hidden < 0.6
    assert np.all(np.linalg.norm(layer(ids, training=False), axis=1) > 0)


def test_the_penalty_is_the_mean_squared_norm_of_the_vectors() -> None:
    layer = IdEmbedding(3, 2, hidden_share=0.0, l2=0.5, seed=1)
    vectors = layer(tf.constant([1, 2, 0]), training=True)
    expected = 0.5 * np.sum(np.square(vectors)) / 3
    np.testing.assert_allclose(layer.losses, [expected], rtol=1e-6)


def history_of(rows: list[list[int]]) -> History:
    """Histories of catalogue rows, 0 padding, of which nothing else is known."""
    present = tf.cast(tf.constant(rows) > 0, tf.float32)
    nothing = tf.zeros_like(present)
    count = tf.reduce_sum(present, axis=1)
    return History(tf.constant(rows, tf.int64), present, count, nothing, tf.zeros_like(count))


def test_histories_pool_the_vectors_of_their_movies_by_weight() -> None:
    history = history_of([[7, 3, 0], [0, 0, 0], [0, 7, 0]])
    weights = tf.constant([[2.0, -1.0, 5.0], [1.0, 1.0, 1.0], [5.0, 0.5, 5.0]])
    vectors = {0: [9.0, 9.0], 3: [0.0, 4.0], 7: [1.0, 1.0]}
    asked: list[int] = []

    def vectors_of(rows: tf.Tensor) -> tf.Tensor:
        asked.extend(rows.numpy().tolist())
        return tf.constant([vectors[row] for row in rows.numpy()])

    pooled = history.pooled(weights, vectors_of)
    assert pooled.numpy().tolist() == [[2.0, -2.0], [0.0, 0.0], [0.5, 0.5]]
    assert sorted(asked) == [0, 3, 7]  # each once


def test_weights_of_the_slides_pool_as_their_sqrtn() -> None:
    random = np.random.default_rng(0)
    vectors = tf.constant(random.normal(size=(5, 3)), tf.float32)
    history = history_of([[4, 1, 2, 0], [3, 0, 0, 0]])
    weights = tf.nn.l2_normalize(history.present, axis=1)
    slides = tf.reduce_sum(tf.gather(vectors, history.rows) * weights[..., tf.newaxis], axis=1)
    pooled = history.pooled(weights, lambda rows: tf.gather(vectors, rows))
    np.testing.assert_allclose(pooled, slides, rtol=1e-5)


def test_a_year_lights_the_bump_it_stands_on() -> None:
    basis = year_basis(tf.constant([0.0, -4.0])).numpy()
    assert basis.shape == (2, 13)
    assert basis[0].argmax() == 8
    assert basis[0, 8] == 1.0
    assert basis[1].argmax() == 0


def test_layers_have_a_fixed_seed() -> None:
    keras.utils.set_random_seed(7)
    first = IdEmbedding(5, 3, hidden_share=0.0, l2=0.0, seed=1)(tf.constant([3]))
    keras.utils.set_random_seed(8)
    second = IdEmbedding(5, 3, hidden_share=0.0, l2=0.0, seed=1)(tf.constant([3]))
    np.testing.assert_array_equal(first, second)


def movie(genres: list[int], year: float) -> dict[str, tf.Tensor]:
    marks = tf.reduce_sum(tf.one_hot(genres, GENRES), axis=0, keepdims=True)
    return {GENRE_SHARES: marks / len(genres), features.YEAR: tf.constant([year])}


def content_cosine(first: dict[str, tf.Tensor], second: dict[str, tf.Tensor]) -> float:
    return float(tf.reduce_sum(content_vector(first) * content_vector(second)))


def test_content_is_four_parts_genres_and_one_part_era() -> None:
    here, far = 0.0, -4.0
    assert content_cosine(movie([1, 2], here), movie([1, 2], here)) == pytest.approx(1.0)
    assert content_cosine(movie([1, 2], here), movie([1, 2], far)) == pytest.approx(0.8, abs=1e-3)
    assert content_cosine(movie([1], here), movie([2], here)) == pytest.approx(0.2)


def test_content_of_no_genres_is_the_era_alone() -> None:
    nothing = {GENRE_SHARES: tf.zeros([1, GENRES]), features.YEAR: tf.constant([0.0])}
    np.testing.assert_allclose(tf.norm(content_vector(nothing)), 1.0, rtol=1e-6)
