"""How the server learns that it should end: signals, and the end of the process that started it."""

import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any, Final, Self

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
# More than the server takes to finish its requests. A run without a deadline may never end.
_PATIENCE_SECONDS: Final = 35.0


class StopRequest:
    """Takes SIGTERM and SIGINT while the `with` block runs; a second SIGINT ends the process.

    Poll `is_requested`. It is a plain flag because a signal handler must not set an Event: it may
    interrupt the main thread while that holds the event's lock.
    """

    def __init__(self) -> None:
        self.is_requested = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._previous = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.is_requested = True
        # Whoever presses Ctrl-C again does not want to wait for the requests in flight.
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def stop_when_stdin_closes() -> None:
    """Stops this process when its standard input ends, as a pipe does when its writer is killed.

    The process gets SIGTERM, and is ended if it still runs long after that.
    """

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_PATIENCE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
