"""Writes records to TFRecord files, one after the other, on a thread of its own.

A caller hands over a record and goes on: nothing here makes it wait or fail. A record that cannot
be taken or written is dropped and counted.
"""

import atexit
import logging
import os
import socket
import threading
import time
import uuid
import weakref
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from serving.contract import LOG_SUFFIX, OPEN_SUFFIX
from serving.tfrecord import encode_record

_RETRY_SECONDS: Final = 1.0
# Waking the writer for each record would have it compete with the calls that are being made.
_LOOK_SECONDS: Final = 0.1
_LOG: Final = logging.getLogger(__name__)


class LogCounts(NamedTuple):
    """What became of the records, each counted once: one is written, or dropped and why."""

    written: int = 0
    not_taken: int = 0  # too many were waiting, or the log was closed
    not_written: int = 0  # the disk did not take it
    unreadable: int = 0  # it was not the messages that are logged


class RecordFile:
    """A file that grows by whole records. It is `PATH.open` until it is closed, then `PATH`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open_path = path.with_name(path.name + OPEN_SUFFIX)
        self._file = self._open_path.open("xb", buffering=0)
        self.size = 0
        self.opened_at = time.monotonic()

    def append(self, record: bytes) -> None:
        """Adds a record; an OSError, because the disk is full for example, leaves no part of it."""
        rest = memoryview(record)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(self.size)
            self._file.seek(self.size)
            raise
        self.size += len(record)

    def abandon(self) -> None:
        """Closes this process's handle, and leaves the file to the process that has it open too."""
        self._file.close()

    def close(self) -> None:
        """Gives the file its name, or removes it if it has no record.

        After an OSError, if the records cannot be brought to the disk, it keeps the suffix.
        """
        with self._file:
            if self.size:
                os.fsync(self._file.fileno())
        if self.size:
            self._open_path.rename(self._path)
        else:
            self._open_path.unlink()


class RecordLog:
    """Files `PREFIX-TIME-HOST-LOG-NUMBER.tfrecord`; safe to use from many threads.

    A forked process goes on with files of its own. Waiting records are written when the process
    ends, unless it is killed. The arguments are those of `RequestLog`.
    """

    def __init__(
        self, prefix: Path, *, max_file_bytes: int, max_file_seconds: float, max_queued_bytes: int
    ) -> None:
        self._prefix = prefix.absolute()
        self._max_file_bytes = max_file_bytes
        self._max_file_seconds = max_file_seconds
        self._max_queued_bytes = max_queued_bytes
        self._file: RecordFile | None = None
        self._closing = threading.Event()
        self._begin()
        begin_in_child = weakref.WeakMethod(self._begin)
        os.register_at_fork(after_in_child=lambda: (begin := begin_in_child()) and begin())
        atexit.register(self.close)

    def _begin(self) -> None:
        """Starts afresh; in a forked process, because thread, queue and file stay the parent's."""
        if self._file is not None:
            self._file.abandon()
        is_closed, self._closing = self._closing.is_set(), threading.Event()
        if is_closed:
            self._closing.set()
        # Several logs, processes and machines may share a prefix.
        self._origin = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._queue: deque[tuple[int, Callable[[], bytes]]] = deque()
        self._queued_bytes = 0
        self._thread: threading.Thread | None = None
        # Only the thread uses the following.
        self._file = None
        self._files = 0
        self._retry_at = 0.0

    @property
    def counts(self) -> LogCounts:
        """What has become of the records of this process."""
        with self._lock:
            return LogCounts(**self._counts)

    def put(self, size: int, serialize: Callable[[], bytes]) -> None:
        """Takes a record of about `size` bytes, or drops it; never waits for a disk.

        The writer's thread calls `serialize` to make it.
        """
        with self._lock:
            fits = self._queued_bytes + size <= self._max_queued_bytes
            is_taken = fits and not self._closing.is_set()
            if is_taken:
                if self._thread is None:
                    thread = threading.Thread(target=self._run, name="request-log", daemon=True)
                    thread.start()
                    self._thread = thread
                self._queue.append((size, serialize))
                self._queued_bytes += size
        if not is_taken:
            self.drop("not_taken", "too many records wait to be written, or the log is closed")

    def drop(self, kind: str, reason: object) -> None:
        """Counts a record that is not logged, and warns of the first; `kind` as in `LogCounts`."""
        with self._lock:
            self._counts[kind] += 1
            is_first = self._counts[kind] == 1
        if is_first:
            _LOG.warning(
                "A request is not logged to %s: %s. The request itself is not affected. Further "
                "ones are only counted (RequestLog.counts.%s)",
                self._prefix,
                reason,
                kind,
            )

    def close(self) -> None:
        """Writes the waiting records and finishes the last file; takes no more records."""
        atexit.unregister(self.close)
        with self._lock:
            self._closing.set()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while not self._closing.wait(_LOOK_SECONDS):
            self._write_queue()
        self._write_queue()
        self._close_file()

    def _write_queue(self) -> None:
        while self._queue:
            with self._lock:
                size, serialize = self._queue.popleft()
                self._queued_bytes -= size
            self._write(serialize)
            self._close_full_file()
        self._close_full_file()

    def _write(self, serialize: Callable[[], bytes]) -> None:
        try:
            content = encode_record(serialize())
        except Exception as error:  # whatever it is, the next record may be sound
            self.drop("unreadable", error)
            return
        if time.monotonic() < self._retry_at:
            self.drop("not_written", "the disk is left alone for a while")
            return
        try:
            if self._file is None:
                self._file = RecordFile(self._next_path())
            self._file.append(content)
        except OSError as error:
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            self.drop("not_written", error)
            self._close_file()
            return
        with self._lock:
            self._counts["written"] += 1

    def _next_path(self) -> Path:
        self._files += 1
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        name = f"{self._prefix.name}-{now}-{self._origin}-{self._files:06d}{LOG_SUFFIX}"
        self._prefix.parent.mkdir(parents=True, exist_ok=True)
        return self._prefix.with_name(name)

    def _close_full_file(self) -> None:
        if self._file is None:
            return
        is_old = time.monotonic() - self._file.opened_at >= self._max_file_seconds
        if is_old or self._file.size >= self._max_file_bytes:
            self._close_file()

    def _close_file(self) -> None:
        file, self._file = self._file, None
        try:
            if file is not None:
                file.close()
        except OSError as error:
            _LOG.warning("A file of the log %s keeps its suffix: %s", self._prefix, error)
