"""Puts tasks into batches, and batches onto threads (TensorFlow's shared_batch_scheduler.h).

A batch is ready once it is full, once another has been opened behind it, or once it has waited long
enough; ready batches of all queues share the threads, the longest waiting first.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import grpc

from serving.server.status import StatusError, as_status
from serving.tensors import Array


@dataclass(kw_only=True, eq=False)
class Task:
    """One run that is to become part of a batch.

    Attributes:
        feeds: its tensors, with the same number of rows each.
        rows: that number.
        deadline: when its client gives up, in seconds of the monotonic clock; None for never.
    """

    feeds: Mapping[str, Array]
    rows: int
    deadline: float | None
    _outputs: Sequence[Array] = ()
    _error: StatusError | None = None
    _done: threading.Event = field(default_factory=threading.Event)

    def succeed(self, outputs: Sequence[Array]) -> None:
        """Gives the task its part of the outputs."""
        self._outputs = outputs
        self._done.set()

    def fail(self, error: StatusError) -> None:
        """Ends the task with an error, unless it has ended."""
        if not self._done.is_set():
            self._error = error
            self._done.set()

    def result(self) -> list[Array]:
        """Waits for the outputs.

        Raises:
            StatusError: the run failed.
        """
        self._done.wait()
        if self._error is not None:
            raise StatusError(self._error.code, self._error.message) from self._error
        return list(self._outputs)


@dataclass(kw_only=True, eq=False)
class Batch:
    """Tasks that run together.

    Attributes:
        run: runs the tasks and ends each of them.
        opened: when its first task came, in seconds of the monotonic clock.
        tasks: the tasks.
    """

    run: Callable[["Batch"], None]
    opened: float
    tasks: list[Task] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows of all its tasks."""
        return sum(task.rows for task in self.tasks)


class BatchScheduler:
    """Queues of batches, one for each key, and the threads that run them."""

    def __init__(
        self, *, max_rows: int, wait_seconds: float, max_batches: int, threads: int
    ) -> None:
        self._max_rows = max_rows
        self._wait_seconds = wait_seconds
        self._max_batches = max_batches
        self._queues: dict[Hashable, deque[Batch]] = {}
        self._changed = threading.Condition()
        self._is_stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"batch-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, key: Hashable, task: Task, run: Callable[[Batch], None]) -> None:
        """Adds a task to the last batch of its queue, or opens a new one.

        Args:
            key: tasks of one key can run together.
            task: the task.
            run: runs a batch of this key.

        Raises:
            StatusError: UNAVAILABLE where the queue is full.
        """
        with self._changed:
            queue = self._queues.setdefault(key, deque())
            if not queue or queue[-1].rows + task.rows > self._max_rows:
                if len(queue) >= self._max_batches:
                    raise StatusError(
                        grpc.StatusCode.UNAVAILABLE,
                        "The batch scheduling queue to which this task was submitted is full; "
                        f"enqueued batches: {len(queue)}, at most {self._max_batches}",
                    )
                queue.append(Batch(run=run, opened=time.monotonic()))
            queue[-1].tasks.append(task)
            self._changed.notify()

    def stop(self) -> None:
        """Ends the threads, once they have run what is queued."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (batch := self._next()) is not None:
            try:
                batch.run(batch)
            except Exception as error:  # the thread serves every model: one batch must not end it
                for task in batch.tasks:
                    task.fail(as_status(error))

    def _next(self) -> Batch | None:
        """Waits for a batch that is ready; None when the scheduler stops and nothing is queued."""
        with self._changed:
            while True:
                now = time.monotonic()
                ready = {key: self._ready_at(queue) for key, queue in self._queues.items()}
                due = [key for key, at in ready.items() if at <= now]
                if due:
                    return self._take(min(due, key=lambda key: self._queues[key][0].opened))
                if self._is_stopping and not ready:
                    return None
                self._changed.wait(min(ready.values()) - now if ready else None)

    def _ready_at(self, queue: "deque[Batch]") -> float:
        first = queue[0]
        is_closed = len(queue) > 1 or first.rows >= self._max_rows or self._is_stopping
        return first.opened + (0.0 if is_closed else self._wait_seconds)

    def _take(self, key: Hashable) -> Batch:
        batch = self._queues[key].popleft()
        if not self._queues[key]:
            del self._queues[key]
        return batch
