"""Writes records to TFRecord files, one after the other, on a thread of its own.

Whoever has a record to log hands it over and goes on: nothing here makes a request wait or fail.
What cannot be taken or written is dropped and counted.
"""

import logging
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from serving.server.record_file import RecordFile
from serving.server.tfrecord import encode_record

WRITTEN: Final = "OK"
QUEUE_FULL: Final = "RESOURCE_EXHAUSTED"
NOT_WRITTEN: Final = "DATA_LOSS"
RECORD_SUFFIX: Final = ".tfrecord"
_RETRY_SECONDS: Final = 1.0
# Waking the writer for each record would have it compete with the answer that is being sent.
_LOOK_SECONDS: Final = 0.1
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RecordLogOptions:
    """Bounds of a log.

    Attributes:
        max_file_bytes: a file is closed once it has as many.
        max_file_seconds: or once it has been open for so long.
        max_queued_bytes: what may wait to be written, as serialized.
    """

    max_file_bytes: int = 64 * 2**20
    max_file_seconds: float = 300.0
    max_queued_bytes: int = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class Record:
    """Something to be logged.

    Attributes:
        size: its bytes, about.
        serialize: makes them; called on the writer's thread.
        count: is told what became of it: `WRITTEN`, `QUEUE_FULL` or `NOT_WRITTEN`.
    """

    size: int
    serialize: Callable[[], bytes]
    count: Callable[[str], None]


class RecordLog:
    """Files `PREFIX-TIME-HOST-LOG-NUMBER.tfrecord`; safe to use from many threads."""

    def __init__(self, prefix: str, options: RecordLogOptions) -> None:
        """Prepares to write.

        Args:
            prefix: what the files' paths begin with; the folder is made where it is missing.
            options: the bounds.

        Raises:
            OSError: the folder cannot be made.
        """
        Path(prefix).parent.mkdir(parents=True, exist_ok=True)
        self._prefix = prefix
        self._options = options
        # Several logs, processes and machines may share a prefix.
        self._origin = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
        self._lock = threading.Lock()
        self._queue: deque[Record] = deque()
        self._queued_bytes = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="record-log", daemon=True)
        # What follows is the thread's own.
        self._file: RecordFile | None = None
        self._files = 0
        self._retry_at = 0.0
        self._failures = 0

    def start(self) -> None:
        """Begins to write."""
        self._thread.start()

    def put(self, record: Record) -> None:
        """Takes a record, or counts it as dropped; never waits for a disk."""
        with self._lock:
            fits = self._queued_bytes + record.size <= self._options.max_queued_bytes
            is_taken = fits and not self._closing.is_set()
            if is_taken:
                self._queue.append(record)
                self._queued_bytes += record.size
        if not is_taken:
            record.count(QUEUE_FULL)

    def close(self) -> None:
        """Writes what waits, and gives the last file its name."""
        with self._lock:
            self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(_LOOK_SECONDS):
            self._write_queue()
        self._write_queue()
        self._close_file()

    def _write_queue(self) -> None:
        while (record := self._take()) is not None:
            self._write(record)
            self._close_full_file()
        self._close_full_file()

    def _take(self) -> Record | None:
        with self._lock:
            if not self._queue:
                return None
            record = self._queue.popleft()
            self._queued_bytes -= record.size
            return record

    def _write(self, record: Record) -> None:
        if time.monotonic() < self._retry_at:
            self._failures += 1
            record.count(NOT_WRITTEN)
            return
        content = encode_record(record.serialize())
        try:
            if self._file is None:
                self._file = RecordFile(self._next_path())
            self._file.append(content)
        except OSError as error:
            record.count(NOT_WRITTEN)
            self._fail(error)
            self._close_file()
            return
        record.count(WRITTEN)
        if self._failures:
            _LOG.warning("Log %s is written again; %d were lost", self._prefix, self._failures)
            self._failures = 0

    def _close_full_file(self) -> None:
        if self._file is None:
            return
        is_old = time.monotonic() - self._file.opened >= self._options.max_file_seconds
        if is_old or self._file.size >= self._options.max_file_bytes:
            self._close_file()

    def _next_path(self) -> Path:
        self._files += 1
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        return Path(f"{self._prefix}-{now}-{self._origin}-{self._files:06d}{RECORD_SUFFIX}")

    def _close_file(self) -> None:
        file, self._file = self._file, None
        try:
            if file is not None:
                file.close()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        """Tells of it, once until it is over, and leaves the disk alone for a while."""
        if not self._failures:
            _LOG.error(
                "Log %s cannot be written: %s. Requests are answered and not logged",
                self._prefix,
                error,
            )
        self._failures += 1
        self._retry_at = time.monotonic() + _RETRY_SECONDS
