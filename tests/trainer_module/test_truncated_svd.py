import numpy as np
import pytest
import scipy.sparse
from numpy.typing import NDArray

from trainer_module.truncated_svd import right_factors

DENSE = np.random.default_rng(0).normal(size=(12, 9)) * (
    np.random.default_rng(1).random((12, 9)) < 0.5
)


@pytest.mark.parametrize("matrix", [DENSE, DENSE.T], ids=["tall", "wide"])
def test_factors_are_the_leading_ones_of_the_full_decomposition(
    matrix: NDArray[np.float64],
) -> None:
    vectors, values = right_factors(scipy.sparse.csr_array(matrix), 4)
    _, expected_values, expected = np.linalg.svd(matrix)
    np.testing.assert_allclose(values, expected_values[:4], rtol=1e-5)
    # A singular vector is known but for its sign.
    np.testing.assert_allclose(np.abs(np.diag(expected[:4] @ vectors)), 1.0, atol=1e-5)
    assert (vectors.dtype, values.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("is_sparse", [True, False])
def test_factors_of_a_large_matrix_are_the_leading_ones(is_sparse: bool) -> None:
    """Large enough to be iterated and not decomposed as a whole."""
    random = np.random.default_rng(0)
    dense = random.normal(size=(400, 300)) * (random.random((400, 300)) < 0.1)
    vectors, values = right_factors(scipy.sparse.csr_array(dense) if is_sparse else dense, 8)
    expected_values = np.linalg.svd(dense, compute_uv=False)
    np.testing.assert_allclose(values, expected_values[:8], rtol=1e-3)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(8), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(dense @ vectors, axis=0), values, rtol=1e-3)


def test_a_rank_above_the_matrix_s_is_padded_with_zeros() -> None:
    vectors, values = right_factors(scipy.sparse.csr_array(DENSE[:3]), 5)
    assert vectors.shape == (9, 5)
    assert (values > 0).tolist() == [True, True, False, False, False]
    assert not vectors[:, 2:].any()


@pytest.mark.parametrize("shape", [(0, 4), (1, 4), (4, 1), (3, 4)])
def test_nothing_to_decompose_gives_zeros(shape: tuple[int, int]) -> None:
    vectors, values = right_factors(scipy.sparse.csr_array(shape), 2)
    assert vectors.shape == (shape[1], 2)
    assert not vectors.any()
    assert values.tolist() == [0.0, 0.0]


def test_two_runs_agree_to_the_last_bit() -> None:
    matrix = scipy.sparse.csr_array(DENSE)
    first, second = right_factors(matrix, 4)[0], right_factors(matrix, 4)[0]
    np.testing.assert_array_equal(first, second)
