"""The leading right singular vectors of a sparse matrix, the same in each run."""

from typing import Any, Final

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
import threadpoolctl
from numpy.typing import NDArray

_SMALL: Final = 100_000  # elements


def right_factors(
    matrix: scipy.sparse.sparray, rank: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Right singular vectors and values, the largest first: float32 [m, rank] and [rank].

    A matrix [n, m] gives at most one fewer than its shorter side; zeros pad.
    """
    vectors, values = np.zeros((matrix.shape[1], rank), np.float32), np.zeros(rank, np.float32)
    found = min(rank, min(matrix.shape) - 1)
    if found >= 1 and matrix.count_nonzero():
        # The many small products cost five times as much where threads wait for each other.
        with threadpoolctl.threadpool_limits(1, "blas"):
            singular, right = _leading(matrix, found)
        vectors[:, :found], values[:found] = right.T, singular
    return vectors, values


def _leading(matrix: scipy.sparse.sparray, rank: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Singular values [rank], falling, and the right vectors, [rank, m]."""
    if matrix.shape[0] * matrix.shape[1] <= _SMALL:
        # The iteration below gives random vectors for a matrix whose rank is lower than asked for.
        _, values, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
        return values[:rank], right[:rank]
    start = np.ones(min(matrix.shape))
    _, values, right = scipy.sparse.linalg.svds(matrix, k=rank, v0=start)
    return values[::-1], right[::-1]
