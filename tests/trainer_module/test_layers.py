import keras
import numpy as np
import tensorflow as tf

from trainer_module.layers import IdEmbedding, sqrt_n_pooled, year_basis


def test_id_zero_is_the_zero_vector_and_others_are_not():
    vectors = IdEmbedding(5, 3, hidden_share=0.0, l2=0.0, seed=1)(tf.constant([[0, 5], [1, 0]]))
    norms = np.linalg.norm(vectors, axis=-1)
    assert norms[0, 0] == norms[1, 1] == 0
    assert norms[0, 1] > 0
    assert norms[1, 0] > 0


def test_ids_are_hidden_in_training_only():
    layer = IdEmbedding(1, 2, hidden_share=0.5, l2=0.0, seed=1)
    ids = tf.ones([2000], tf.int64)
    hidden = np.mean(np.linalg.norm(layer(ids, training=True), axis=1) == 0)
    assert 0.4 < hidden < 0.6
    assert np.all(np.linalg.norm(layer(ids, training=False), axis=1) > 0)


def test_the_penalty_is_the_mean_squared_norm_of_the_vectors():
    layer = IdEmbedding(3, 2, hidden_share=0.0, l2=0.5, seed=1)
    vectors = layer(tf.constant([1, 2, 0]), training=True)
    expected = 0.5 * np.sum(np.square(vectors)) / 3
    np.testing.assert_allclose(layer.losses, [expected], rtol=1e-6)


def test_unit_weights_pool_as_the_slides_sqrtn_up_to_the_added_one():
    random = np.random.default_rng(0)
    vectors = tf.constant(random.normal(size=(2, 4, 3)), tf.float32)
    present = tf.constant([[1.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]])
    slides = tf.reduce_sum(vectors * tf.nn.l2_normalize(present, 1)[..., tf.newaxis], 1)
    count = np.array([[3.0], [1.0]])
    pooled = sqrt_n_pooled(vectors, tf.ones([2, 4]), present)
    np.testing.assert_allclose(pooled, slides * np.sqrt(count / (count + 1)), rtol=1e-5)


def test_an_empty_history_pools_to_zeros():
    pooled = sqrt_n_pooled(tf.ones([1, 2, 3]), tf.ones([1, 2]), tf.zeros([1, 2]))
    assert pooled.numpy().tolist() == [[0.0, 0.0, 0.0]]


def test_a_year_lights_the_bump_it_stands_on():
    basis = year_basis(tf.constant([0.0, -4.0])).numpy()
    assert basis.shape == (2, 13)
    assert basis[0].argmax() == 8
    assert basis[0, 8] == 1.0
    assert basis[1].argmax() == 0


def test_layers_have_a_fixed_seed():
    keras.utils.set_random_seed(7)
    first = IdEmbedding(5, 3, hidden_share=0.0, l2=0.0, seed=1)(tf.constant([3]))
    keras.utils.set_random_seed(8)
    second = IdEmbedding(5, 3, hidden_share=0.0, l2=0.0, seed=1)(tf.constant([3]))
    np.testing.assert_array_equal(first, second)
