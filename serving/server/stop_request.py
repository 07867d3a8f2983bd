"""Notes that the process was asked to end, so that it can finish what it is doing."""

import signal
from types import FrameType, TracebackType
from typing import Any, Final, Self

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class StopRequest:
    """Takes SIGTERM and SIGINT while the `with` block runs; a second SIGINT ends the process.

    A plain flag, to be polled: an Event must not be set in a signal handler, which may interrupt
    the main thread while that holds the event's own lock.

    Attributes:
        is_requested: whether a signal has come.
    """

    def __init__(self) -> None:
        self.is_requested = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._previous = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.is_requested = True
        # Whoever presses Ctrl-C again does not want to wait for the requests in flight.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
