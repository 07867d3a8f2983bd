"""Dynamic batching: runs that arrive together become one (batching/batching_session.cc).

Only runs that feed and fetch exactly the tensors of a signature are batched; others run alone.
"""

import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import grpc
import numpy as np

from serving.server.batch_scheduler import Batch, BatchScheduler, Task
from serving.server.c_tensors import CTensor
from serving.server.saved_model import SavedModel
from serving.server.status import StatusError, failed_precondition, invalid_argument
from serving.tensors import Array

_PADDING_IS_OFF: Final = (
    "from different tasks have different shapes and padding is turned off. Set "
    "pad_variable_length_inputs to true, or ensure that all tensors with the same name have equal "
    "dimensions starting with the first dim."
)


@dataclass(frozen=True, kw_only=True)
class BatchingOptions:
    """The BatchingParameters of `--batching_parameters_file`, with their defaults.

    Attributes:
        max_batch_size: rows of one run, at most.
        batch_timeout_micros: how long a batch that is not full waits for more.
        max_enqueued_batches: batches that may wait, for each signature.
        num_batch_threads: batches that run at once.
        allowed_batch_sizes: sizes that a batch is padded to; empty for any.
        pad_variable_length_inputs: whether rows of different shapes go together.
    """

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = 1
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False

    @classmethod
    def from_proto(cls, parameters: Any, *, processors: int) -> Self:
        """The options of a BatchingParameters message; unset ones take their defaults."""
        options = cls(
            num_batch_threads=processors,
            allowed_batch_sizes=tuple(parameters.allowed_batch_sizes),
            pad_variable_length_inputs=parameters.pad_variable_length_inputs,
        )
        names = (
            *("max_batch_size", "batch_timeout_micros"),
            *("max_enqueued_batches", "num_batch_threads"),
        )
        given = {n: getattr(parameters, n).value for n in names if parameters.HasField(n)}
        return replace(options, **given)

    def check(self) -> None:
        """Refuses sizes that do not go together.

        Raises:
            StatusError: INVALID_ARGUMENT.
        """
        for name in ("max_batch_size", "max_enqueued_batches", "num_batch_threads"):
            if getattr(self, name) < 1:
                raise invalid_argument(f"{name} must be positive; was {getattr(self, name)}")
        sizes = self.allowed_batch_sizes
        if not sizes:
            return
        if any(left >= right for left, right in itertools.pairwise(sizes)):
            raise invalid_argument("allowed_batch_sizes entries must be monotonically increasing")
        if sizes[-1] != self.max_batch_size:
            raise invalid_argument(
                "Last entry in allowed_batch_sizes must match max_batch_size; last entry was "
                f"{sizes[-1]}; expected {self.max_batch_size}"
            )


class BatchingModel(SavedModel):
    """A SavedModel whose runs are put together with others that are under way."""

    def __init__(self, model: SavedModel, scheduler: BatchScheduler, options: BatchingOptions):
        """Wraps a loaded model, which is closed with this one."""
        self._model = model
        self._scheduler = scheduler
        self._options = options
        self.signatures = model.signatures
        self._batched = {
            (_names(signature.inputs), _names(signature.outputs))
            for signature in model.signatures.values()
            if signature.inputs
        }

    def run(
        self, feeds: Mapping[str, CTensor], fetches: Sequence[str], timeout_seconds: float | None
    ) -> list[Array]:
        """Runs the graph, with other runs of the same signature; as SavedModel.run otherwise."""
        if (frozenset(feeds), frozenset(fetches)) not in self._batched:
            return self._model.run(feeds, fetches, timeout_seconds)
        arrays = {name: tensor.to_array() for name, tensor in feeds.items()}
        task = Task(
            feeds=arrays,
            rows=self._rows(arrays),
            deadline=None if timeout_seconds is None else time.monotonic() + timeout_seconds,
        )
        types = tuple((name, array.dtype.str, array.ndim) for name, array in arrays.items())
        self._scheduler.submit((id(self), types, tuple(fetches)), task, self._runner(fetches))
        return task.result()

    def close(self) -> None:
        """Frees the model. It must not be run afterwards."""
        self._model.close()

    def _rows(self, arrays: Mapping[str, Array]) -> int:
        if any(array.ndim == 0 for array in arrays.values()):
            raise invalid_argument("Batching Run() input tensors must have at least one dimension")
        rows = {len(array) for array in arrays.values()}
        if len(rows) > 1:
            raise invalid_argument(
                "Batching Run() input tensors must have equal 0th-dimension size"
            )
        (count,) = rows
        if count > self._options.max_batch_size:
            raise invalid_argument(
                f"Task size {count} is larger than maximum input batch size "
                f"{self._options.max_batch_size}"
            )
        return count

    def _runner(self, fetches: Sequence[str]) -> Callable[[Batch], None]:
        return lambda batch: self._run_batch(batch, fetches)

    def _run_batch(self, batch: Batch, fetches: Sequence[str]) -> None:
        tasks = _in_time(batch.tasks)
        if not tasks:
            return
        rows = sum(task.rows for task in tasks)
        padding = self._padding(rows)
        feeds = {
            name: CTensor.from_array(self._merged(name, tasks, padding)) for name in tasks[0].feeds
        }
        outputs = self._model.run(feeds, fetches, _time_left(tasks))
        for output in outputs:
            _check_output(output, rows + padding)
        start = 0
        for task in tasks:
            task.succeed([output[start : start + task.rows] for output in outputs])
            start += task.rows

    def _padding(self, rows: int) -> int:
        sizes = self._options.allowed_batch_sizes
        return next((size - rows for size in sizes if size >= rows), 0) if rows else 0

    def _merged(self, name: str, tasks: Sequence[Task], padding: int) -> Array:
        """The tasks' values of one tensor, and repeated rows up to an allowed size."""
        arrays = [task.feeds[name] for task in tasks]
        if len({array.shape[1:] for array in arrays}) > 1:
            if not self._options.pad_variable_length_inputs:
                raise failed_precondition(f"Tensors with name '{name}' {_PADDING_IS_OFF}")
            widest = [max(sizes) for sizes in zip(*(a.shape[1:] for a in arrays), strict=True)]
            arrays = [_widened(array, widest) for array in arrays]
        merged = np.concatenate(arrays)
        return np.concatenate([merged, np.repeat(merged[:1], padding, axis=0)])


def _names(infos: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(info.name for info in infos.values())


def _in_time(tasks: Sequence[Task]) -> list[Task]:
    """The tasks whose clients still wait; the others are told that they waited too long."""
    now = time.monotonic()
    late = [task for task in tasks if task.deadline is not None and task.deadline <= now]
    for task in late:
        task.fail(
            StatusError(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "Run() timeout exceeded while waiting in batching queue",
            )
        )
    return [task for task in tasks if task not in late]


def _time_left(tasks: Sequence[Task]) -> float | None:
    """Seconds until the last of the deadlines; None where a task has none."""
    latest = max(math.inf if task.deadline is None else task.deadline for task in tasks)
    return None if math.isinf(latest) else max(0.0, latest - time.monotonic())


def _widened(array: Array, widths: Sequence[int]) -> Array:
    """Fills up every dimension but the first with the tensor's own first element."""
    filler = array.ravel()[0] if array.size else np.zeros(1, array.dtype)[0]
    wide = np.full((len(array), *widths), filler, dtype=array.dtype)
    wide[tuple(map(slice, array.shape))] = array
    return wide


def _check_output(output: Array, rows: int) -> None:
    if output.ndim == 0:
        raise failed_precondition("Batched output tensor has 0 dimensions")
    if len(output) != rows:
        raise failed_precondition(
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension "
            "sizes of the input tensors"
        )
