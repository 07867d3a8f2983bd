"""One TFRecord file of a log: written under another name, and given its own when it is whole."""

import os
import time
from pathlib import Path

from serving.contract import OPEN_SUFFIX


class RecordFile:
    """A file that grows by whole records, or not at all.

    Attributes:
        size: its bytes.
        opened: seconds of the monotonic clock.
    """

    def __init__(self, path: Path) -> None:
        """Creates the file, under its name and `.open`.

        Args:
            path: the name that it gets when it is closed; nothing may have it yet.

        Raises:
            OSError: it cannot be created.
        """
        self._path = path
        self._open_path = path.with_name(path.name + OPEN_SUFFIX)
        self._file = self._open_path.open("xb", buffering=0)
        self.size = 0
        self.opened = time.monotonic()

    def append(self, record: bytes) -> None:
        """Adds a record.

        Raises:
            OSError: it cannot be written, for one because the disk is full; the file is as before.
        """
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
        """Lets go of the file, and leaves it to the process that also has it open."""
        self._file.close()

    def close(self) -> None:
        """Gives the file its name; one without records goes.

        Raises:
            OSError: its records cannot be brought to the disk; it keeps the suffix `.open`.
        """
        with self._file:
            if self.size:
                os.fsync(self._file.fileno())
        if self.size:
            self._open_path.rename(self._path)
        else:
            self._open_path.unlink()
