"""The leading right singular vectors of a matrix, the same in each run."""

from typing import Any, Final

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
import threadpoolctl
from numpy.typing import NDArray

_SMALL: Final = 100_000  # elements
# Of a singular value. On the ratings, the factors explain 0.9998 of what exact ones do.
_TOLERANCE: Final = 0.1


def right_factors(matrix: Any, rank: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Right singular vectors and values, the largest first: float32 [m, rank] and [rank].

    A matrix [n, m], sparse or dense, gives at most one fewer than its shorter side; zeros pad.
    """
    vectors, values = np.zeros((matrix.shape[1], rank), np.float32), np.zeros(rank, np.float32)
    found = min(rank, min(matrix.shape) - 1)
    if found < 1 or not abs(matrix).max():
        return vectors, values
    # The many small products cost five times as much where threads wait for each other.
    with threadpoolctl.threadpool_limits(1, "blas"):
        if matrix.shape[0] * matrix.shape[1] <= _SMALL:
            # The iteration below gives random vectors if the rank is lower than asked for.
            dense = matrix.toarray() if scipy.sparse.issparse(matrix) else matrix
            _, singular, right = np.linalg.svd(dense, full_matrices=False)
        else:
            matrix, start = matrix.astype(np.float32), np.ones(min(matrix.shape), np.float32)
            _, singular, right = scipy.sparse.linalg.svds(
                matrix, found, v0=start, tol=_TOLERANCE, return_singular_vectors="vh"
            )
            singular, right = singular[::-1], right[::-1]
    vectors[:, :found], values[:found] = right[:found].T, singular[:found]
    return vectors, values
