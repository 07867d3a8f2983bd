"""Keeps the noise of libraries out of the terminal and in a file."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def output_to_log(log: Path) -> Iterator[TextIO]:
    """Sends everything that the process writes to stdout and stderr to a file.

    At the level of file descriptors, because TensorFlow, gRPC and Beam's C++ write past Python.

    Args:
        log: the file to append to; its folder is made.

    Yields:
        A stream to what stderr was before, for the few lines that a person should see.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    saved = {fd: os.dup(fd) for fd in (1, 2)}
    _flush()
    try:
        for fd in saved:
            os.dup2(target, fd)
        with os.fdopen(os.dup(saved[2]), "w", encoding="utf-8", errors="replace") as console:
            yield console
    finally:
        _flush()
        for fd, copy in saved.items():
            os.dup2(copy, fd)
            os.close(copy)
        os.close(target)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
