"""Where a run's messages go: library noise to a file, lines of text or JSON to the terminal."""

import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO, cast

from pipeline.run.stop_request import StopRequest

if TYPE_CHECKING:
    from pipeline.config import PipelineConfig  # half a second that `movielens serve` need not wait

_TEXT_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_path(config: "PipelineConfig", run_id: str, node_id: str | None = None) -> Path:
    """Returns the log of a run or, if a scheduler starts its nodes, of one node."""
    name = run_id if node_id is None else f"{run_id}-{node_id}"
    return config.output / "logs" / f"run-{name}.log"


@contextmanager
def watched(config: "PipelineConfig", run_id: str) -> Iterator[StopRequest]:
    """Lets service managers and log collectors watch a run while the block runs.

    SIGTERM interrupts the run as Ctrl-C does, and stderr is JSON if the configuration says so.
    """
    with StopRequest() as stop, redirect_stderr(console(sys.stderr, config, run_id)):
        yield stop


def console(stream: TextIO, config: "PipelineConfig", run_id: str) -> TextIO:
    """Returns a stream for messages that appear on `stream`, as JSON if so configured."""
    if config.pipeline.log_format == "text":
        return stream
    formatter = JsonFormatter(pipeline=config.pipeline.name, run_id=run_id)
    return cast("TextIO", JsonLines(stream, formatter))


@contextmanager
def output_to_log(log: Path) -> Iterator[TextIO]:
    """Appends everything that the process writes to stdout and stderr to a file.

    At the level of file descriptors, because TensorFlow, gRPC and Beam's C++ write past Python.
    Yields a stream to the former stderr, for the few lines that a person should see.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    saved = {fd: os.dup(fd) for fd in (1, 2)}
    _flush()
    try:
        for fd in saved:
            os.dup2(target, fd)
        with os.fdopen(os.dup(saved[2]), "w", encoding="utf-8", errors="replace") as terminal:
            yield terminal
    finally:
        _flush()
        for fd, copy in saved.items():
            os.dup2(copy, fd)
            os.close(copy)
        os.close(target)


def start_logging(config: "PipelineConfig", run_id: str) -> None:
    """Sends Python's log records to stderr or, as JSON, to `logs/run-….jsonl`.

    C++ libraries write text, so JSON needs a file of its own. Replaces the handlers that TFX's
    libraries install as they are imported; a scheduler's process must not call this.
    """
    if config.pipeline.log_format == "text":
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=_TEXT_FORMAT, force=True)
        return
    log = log_path(config, run_id).with_suffix(".jsonl")
    log.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(log, encoding="utf-8")
    handler.setFormatter(JsonFormatter(pipeline=config.pipeline.name, run_id=run_id))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON: `{"time", "level", "logger", "message", …}`."""

    def __init__(self, **fields: str) -> None:
        """Prepares the formatter; every line carries the `fields` too, such as `run_id`."""
        super().__init__()
        self._fields = fields

    def format(self, record: logging.LogRecord) -> str:
        """Returns the record's line, with its traceback."""
        time = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, str] = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self._fields,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class JsonLines(io.TextIOBase):
    """A text stream that turns each line written to it into a JSON record."""

    def __init__(self, target: TextIO, formatter: JsonFormatter) -> None:
        super().__init__()
        self._target = target
        self._formatter = formatter
        self._unfinished = ""

    def write(self, text: str) -> int:
        """Passes on each line that the text completes."""
        *lines, self._unfinished = (self._unfinished + text).split("\n")
        for line in lines:
            if line.startswith("{"):  # JSON already
                self._target.write(f"{line}\n")
            elif line.strip():
                self._target.write(f"{self._formatter.format(self._record(line))}\n")
        return len(text)

    def flush(self) -> None:
        """Flushes the target."""
        self._target.flush()

    def fileno(self) -> int:
        """Returns the target's descriptor; child processes write text to it."""
        return self._target.fileno()

    def _record(self, line: str) -> logging.LogRecord:
        level, message = logging.INFO, line
        for prefix, marked in (("error: ", logging.ERROR), ("warning: ", logging.WARNING)):
            if line.startswith(prefix):
                level, message = marked, line.removeprefix(prefix)
        return logging.LogRecord("movielens", level, "", 0, message, None, None)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
