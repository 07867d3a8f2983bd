"""One run at a time on an output folder, and on a file of SQLite."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from pipeline.config import PipelineConfig
from pipeline.errors import RunFailure
from pipeline.store.connection import sqlite_file

LOCK_FILE: Final = "run.lock"


@contextmanager
def exclusive_run(config: PipelineConfig) -> Iterator[None]:
    """Holds all that two runs must not share: the output folder, and SQLite's file.

    A pipeline in a store on a server is tied to its output folder (`metadata.leftovers.claim`), so
    that the folder's lock keeps two runs of it apart, and other pipelines run at the same time.

    Raises:
        RunFailure: another run holds one of them, or the folder cannot be written.
    """
    with ExitStack() as held:
        held.enter_context(exclusive(config.output))
        file = sqlite_file(config)
        if file is not None:
            held.enter_context(_exclusive_sqlite(file))
        yield


@contextmanager
def exclusive(output: Path) -> Iterator[None]:
    """Holds the output folder for this process; the lock falls with the process, however it ends.

    It is an advisory lock of the file system (flock). Linux keeps it across the hosts that mount a
    folder by NFS too, unless mounted with `nolock` or `local_lock`.

    Args:
        output: the output folder; made where missing.

    Raises:
        RunFailure: another process holds it, or the folder cannot be written.
    """
    with _held(output / LOCK_FILE, f"the output folder {output}") as holder:
        if holder is not None:
            raise RunFailure(
                f"another run ({holder}) is working in {output}; wait for it to end, or give this "
                "one another --output"
            )
        yield


@contextmanager
def _exclusive_sqlite(file: Path) -> Iterator[None]:
    with _held(file.with_name(f"{file.name}.lock"), f"the folder of {file}") as holder:
        if holder is not None:
            raise RunFailure(
                f"another run ({holder}) writes to the metadata store {file}, and SQLite takes one "
                "at a time; wait for it to end, or keep metadata on a server: metadata.backend"
            )
        yield


@contextmanager
def _held(lock: Path, folder: str) -> Iterator[str | None]:
    """Yields None while this process holds the lock, or who else does."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RunFailure(f"cannot write to {folder}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield os.pread(descriptor, 256, 0).decode("utf-8", "replace").strip() or "unknown"
            return
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield None
    finally:
        os.close(descriptor)
