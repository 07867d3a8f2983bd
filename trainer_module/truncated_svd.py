"""The leading right singular vectors of a sparse matrix, the same in each run."""

from typing import Final

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
    if found < 1 or not matrix.count_nonzero():
        return vectors, values
    # The many small products cost five times as much where threads wait for each other.
    with threadpoolctl.threadpool_limits(1, "blas"):
        if matrix.shape[0] * matrix.shape[1] <= _SMALL:
            # The iteration below gives random vectors if the rank is lower than asked for.
            _, singular, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
        else:
            start = np.ones(min(matrix.shape))
            _, singular, right = scipy.sparse.linalg.svds(matrix, k=found, v0=start)
            singular, right = singular[::-1], right[::-1]
    vectors[:, :found], values[:found] = right[:found].T, singular[:found]
    return vectors, values
