"""Notes that a run was asked to stop, whatever becomes of the exception that says so."""

import os
import signal
import time
from types import FrameType, TracebackType
from typing import Any, Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_ECHO_SECONDS: Final = 1.0


class StopRequest:
    """Takes SIGINT and SIGTERM while the `with` block runs.

    The first signal raises KeyboardInterrupt, so that a long step ends at once. That alone cannot
    be relied on: Python drops what is raised in the callback of a weak reference, and libraries
    wrap it in errors of their own. So the signal is noted too, for the runner to look at between
    steps.

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
            if signal.getsignal(number) != signal.SIG_IGN:  # a shell has its reasons
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Goes no further once a stop was asked for.

        Raises:
            KeyboardInterrupt: It was.
        """
        if self.is_requested:
            raise KeyboardInterrupt

    def finish(self) -> None:
        """Says that all work is done: from now on a first signal has nothing to stop."""
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
            self._previous[number](number, frame)  # a scheduler's, which raises an error of its own
        raise KeyboardInterrupt
