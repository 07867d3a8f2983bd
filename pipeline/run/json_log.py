"""Logs as lines of JSON, for collectors: `[pipeline] log_format = "json"`."""

import io
import json
import logging
from datetime import UTC, datetime
from typing import TextIO


class JsonFormatter(logging.Formatter):
    """Makes of each record an object `{"time", "level", "logger", "message", …}` on one line."""

    def __init__(self, **fields: str) -> None:
        """Prepares the formatter.

        Args:
            **fields: what every line carries besides, such as `run_id`.
        """
        super().__init__()
        self._fields = fields

    def format(self, record: logging.LogRecord) -> str:
        """Returns the record's line, a traceback within it."""
        line: dict[str, str] = {
            "time": _moment(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self._fields,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class JsonLines(io.TextIOBase):
    """A text stream that turns each line that is written to it into a record.

    Stands where messages to a person go, so that the terminal's lines are JSON too.
    """

    def __init__(self, target: TextIO, formatter: JsonFormatter, logger: str) -> None:
        """Wraps a stream.

        Args:
            target: takes the JSON.
            formatter: makes it.
            logger: the name that the lines carry.
        """
        super().__init__()
        self._target = target
        self._formatter = formatter
        self._logger = logger
        self._begun = ""

    def write(self, text: str) -> int:
        """Takes text; each line that it ends is passed on."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            if line.startswith("{"):  # JSON already
                self._target.write(f"{line}\n")
            elif line.strip():
                self._target.write(f"{self._formatter.format(self._record(line))}\n")
        return len(text)

    def flush(self) -> None:
        """Passes on what the target holds back."""
        self._target.flush()

    def fileno(self) -> int:
        """Returns the target's descriptor, for child processes to write to; theirs stays text."""
        return self._target.fileno()

    def _record(self, line: str) -> logging.LogRecord:
        level, told = logging.INFO, line
        for prefix, marked in (("error: ", logging.ERROR), ("warning: ", logging.WARNING)):
            if line.startswith(prefix):
                level, told = marked, line.removeprefix(prefix)
        return logging.LogRecord(self._logger, level, "", 0, told, None, None)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
