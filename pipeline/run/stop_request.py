"""Notes that a run was asked to stop, whatever becomes of the exception that says so."""

import os
import signal
import time
from types import FrameType
from typing import Any, Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_ECHO_SECONDS: Final = 1.0


class StopRequest:
    """Takes SIGINT and SIGTERM while the `with` block runs.

    The first signal raises KeyboardInterrupt, so that a long step ends at once. That alone is not
    reliable: Python drops what is raised in the callback of a weak reference, and libraries wrap it
    in their own errors. So the signal is also recorded, for the runner to check between steps.

    Another signal within a second is the same request (GNU `timeout` sends two). A later one ends
    the process at once.

    Attributes:
        is_requested: Whether a signal came before the work was done.
    """

    def __init__(self) -> None:
        self.is_requested = False
        self._is_finished = False
        self._first_at: float | None = None
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # as a shell sets it for background jobs
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raises KeyboardInterrupt if a stop was requested."""
        if self.is_requested:
            raise KeyboardInterrupt

    def finish(self) -> None:
        """Marks the work as done: from now on a first signal has nothing to stop."""
        self._is_finished = True

    def _note(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first_at is not None:
            if now - self._first_at >= _ECHO_SECONDS:
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
            return
        self._first_at = now
        if self._is_finished:
            return
        self.is_requested = True
        if callable(self._previous[number]):
            self._previous[number](number, frame)  # a scheduler's raises its own error
        raise KeyboardInterrupt
