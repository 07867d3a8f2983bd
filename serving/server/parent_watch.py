"""Ends the server with the process that started it, however that ended."""

import os
import signal
import sys
import threading
import time
from typing import Final

# More than the server takes to finish its requests; a run without a deadline may never end.
_PATIENCE_SECONDS: Final = 35.0


def stop_when_stdin_closes(patience_seconds: float = _PATIENCE_SECONDS) -> None:
    """Stops this process once its standard input ends, as a pipe does when its writer is killed.

    The process is asked by SIGTERM first, and ended where it has not heeded that in time.
    """
    watcher = threading.Thread(
        target=_watch, args=(patience_seconds,), name="parent-watch", daemon=True
    )
    watcher.start()


def _watch(patience_seconds: float) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(patience_seconds)
    os._exit(1)
