"""A model whose runs are timed."""

import time
from collections.abc import Callable, Mapping, Sequence

from serving.server.c_tensors import CTensor
from serving.server.saved_model import SavedModel
from serving.tensors import Array


class TimedModel(SavedModel):
    """A loaded model, lent to one request, that tells how long its runs take."""

    def __init__(self, model: SavedModel, record: Callable[[float], None]) -> None:
        """Wraps a model.

        Args:
            model: the model, which stays its owner's to close.
            record: takes the wall time of each run that succeeds, in microseconds.
        """
        self._model = model
        self._record = record
        self.signatures = model.signatures

    def run(
        self, feeds: Mapping[str, CTensor], fetches: Sequence[str], timeout_seconds: float | None
    ) -> list[Array]:
        """Runs the graph, as SavedModel.run."""
        started = time.perf_counter()
        outputs = self._model.run(feeds, fetches, timeout_seconds)
        self._record(1e6 * (time.perf_counter() - started))
        return outputs
