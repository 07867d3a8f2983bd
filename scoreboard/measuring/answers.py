"""What a model of any kind answers to a protocol's questions."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from scoreboard.measuring.metrics import Predictions


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answers:
    """Answers of one trained model.

    Attributes:
        predictions: Of every test rating; None for a model that only ranks the catalogue.
        lists: int64 [U, 10], users as in the `ListTask`; None for a model that only rates.
        fit_seconds: Wall time from prepared data to a model that can be asked; of a peer, to its
            answers.
    """

    predictions: Predictions | None = None
    lists: NDArray[np.int64] | None = None
    fit_seconds: float
