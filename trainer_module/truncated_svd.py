"""The leading right singular vectors of a sparse matrix, the same at each run."""

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
import threadpoolctl
from numpy.typing import NDArray


def right_factors(
    matrix: scipy.sparse.sparray, rank: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Right singular vectors and values, the largest first, padded with zeros to the rank.

    Args:
        matrix: [n, m].
        rank: How many; a matrix has one fewer than its shorter side.

    Returns:
        float32 [m, rank] and [rank].
    """
    vectors, values = np.zeros((matrix.shape[1], rank), np.float32), np.zeros(rank, np.float32)
    found = min(rank, min(matrix.shape) - 1)
    if found >= 1 and matrix.count_nonzero():
        start = np.ones(min(matrix.shape))
        # The many small products cost five times as much where threads wait for each other.
        with threadpoolctl.threadpool_limits(1, "blas"):
            _, singular, right = scipy.sparse.linalg.svds(matrix, k=found, v0=start)
        vectors[:, :found], values[:found] = right.T[:, ::-1], singular[::-1]
    return vectors, values
