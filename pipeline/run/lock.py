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
    """Holds everything that two runs must not share: the output folder, and SQLite's file.

    The folder is made if missing. In a store on a server a pipeline is tied to its output folder
    (`store.leftovers.claim`), so the folder's lock keeps two runs of it apart while other pipelines
    run. It is an advisory lock of the file system (flock). Linux keeps it across the hosts that
    mount a folder by NFS too, unless mounted with `nolock` or `local_lock`.

    Raises:
        RunFailure: Another run holds one of them, or the folder cannot be written.
    """
    output, file = config.output, sqlite_file(config)
    with ExitStack() as held:
        taken = f"is working in {output}; wait for it to end, or give this one another --output"
        held.enter_context(_held(output / LOCK_FILE, taken))
        if file is not None:
            taken = (
                f"writes to the metadata store {file}, and SQLite takes one at a time; wait for it "
                "to end, or keep metadata on a server: metadata.backend"
            )
            held.enter_context(_held(file.with_name(f"{file.name}.lock"), taken))
        yield


@contextmanager
def _held(lock: Path, taken: str) -> Iterator[None]:
    """Holds a lock file; `taken` says what another run that holds it does, and the remedy."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RunFailure(f"cannot write to the folder {lock.parent}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 256, 0).decode("utf-8", "replace").strip() or "unknown"
            raise RunFailure(f"another run ({holder}) {taken}") from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
