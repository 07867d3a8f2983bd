"""One run at a time on an output folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipeline.errors import RunFailure

LOCK_FILE: Final = "run.lock"


@contextmanager
def exclusive(output: Path) -> Iterator[None]:
    """Holds the output folder for this process; the lock falls with the process, however it ends.

    Args:
        output: the output folder; made where missing.

    Raises:
        RunFailure: another process holds it, or the folder cannot be written.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(output / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RunFailure(f"cannot write to the output folder {output}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            raise RunFailure(
                f"another run (process {holder or 'unknown'}) is working in {output}; wait for it "
                "to end, or give this one another --output"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
