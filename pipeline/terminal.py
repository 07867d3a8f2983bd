"""Everything a command shows: messages and progress on stderr, results on stdout.

Drawn with rich on a terminal, as plain lines elsewhere. Tables and JSON, which a program may read,
are alone on stdout, so that `movielens ... --json | jq` works while progress is shown. rich
respects `NO_COLOR`; plain lines have no colour.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from pipeline.errors import RunFailure

if TYPE_CHECKING:
    from rich.console import Console

_SECONDS_BETWEEN_PLAIN_LINES = 10.0


class Number(str):
    """A number that is already formatted; a table right-aligns it like other numbers."""

    __slots__ = ()


class Progress:
    """Counts finished work and shows the count; `progress` yields it."""

    def __init__(self, show: Callable[[float], None], seconds_between: float) -> None:
        self._show = show
        self._seconds_between = seconds_between
        self._last_shown = time.monotonic()
        self._done = 0.0

    def advance(self, amount: float = 1) -> None:
        """Adds `amount` units of finished work."""
        self._done += amount
        now = time.monotonic()
        if now - self._last_shown >= self._seconds_between:
            self._last_shown = now
            self._show(self._done)


def prepare_streams() -> None:
    """Prepares the standard streams, whatever the command was started with.

    A closed stream is opened on the null device, or else the next file to be opened would take its
    number. A character that stdout's encoding lacks is written as a question mark.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8"))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def flush() -> None:
    """Writes out what stdout still buffers; raises RunFailure if it cannot be written."""
    with _results():
        pass


def abandon(stream: TextIO) -> None:
    """Points a stream at the null device, because Python will try to flush it once more."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, stream.fileno())
    os.close(descriptor)


def say(text: str, *, stream: TextIO | None = None) -> None:
    """Prints a message about progress on stderr, or on `stream`."""
    _write(text, stream or sys.stderr, style=None)


def warn(text: str) -> None:
    """Prints one line on stderr about a problem that does not stop the command."""
    _write(f"warning: {_one_line(text)}", sys.stderr, style="yellow")


def fail(text: str) -> None:
    """Prints one line on stderr that says why the command failed."""
    _write(f"error: {_one_line(text)}", sys.stderr, style="bold red")


def emit_json(value: Any) -> None:
    """Writes `value` to stdout as one JSON document; a RunFailure if it cannot be written.

    A ValueError if the value holds NaN or infinity, which JSON cannot express.
    """
    is_unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    emit_text(json.dumps(value, indent=2, ensure_ascii=not is_unicode, allow_nan=False) + "\n")


def emit_text(text: str) -> None:
    """Writes `text` to stdout; raises RunFailure if it cannot be written."""
    with _results() as stdout:
        stdout.write(text)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table to stdout: numbers right-aligned, floats with four decimals, None as a dash.

    A ValueError if a row is longer or shorter than `columns`, a RunFailure if stdout cannot be
    written.
    """
    values = [list(row) for row in rows]
    for row in values:
        if len(row) != len(columns):
            raise ValueError(f"Expected {len(columns)} cells, {list(columns)}. Received: {row}")
    cells = [[_cell(value) for value in row] for row in values]
    numeric = [_is_numeric([row[i] for row in values]) for i in range(len(columns))]
    with _results() as stdout:
        draw = _rich_table if stdout.isatty() else _plain_table
        draw(title, columns, cells, numeric)


@contextmanager
def progress(description: str, *, stream: TextIO | None = None) -> Iterator[Progress]:
    """Shows on `stream`, by default stderr, that something is being done while the block runs.

    On a terminal that is a spinner with the time; elsewhere a line, and more if work is counted.
    """
    target = stream or sys.stderr
    if not target.isatty():
        say(f"{description} ...", stream=target)
        yield Progress(
            lambda done: say(f"{description} ... {done:,.0f}", stream=target),
            _SECONDS_BETWEEN_PLAIN_LINES,
        )
        return
    from rich.progress import Progress as RichProgress
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    bar = RichProgress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=_console(target),
        transient=True,
        # A run redirects fds 1 and 2 to its log; replacing sys.stdout as well would interfere.
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with bar:
        task = bar.add_task(description, total=None)
        yield Progress(
            lambda done: bar.update(task, description=f"{description} ... {done:,.0f}"), 0.0
        )


@contextmanager
def _results() -> Iterator[TextIO]:
    """Yields stdout; raises RunFailure if it cannot be written."""
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon(sys.stdout)
        raise RunFailure(f"standard output cannot be written: {error.strerror}") from error


def _write(text: str, stream: TextIO, *, style: str | None) -> None:
    try:
        if stream.isatty():
            _console(stream).print(text, style=style, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=stream, flush=True)
    except BrokenPipeError:
        raise
    except OSError:  # a full disk or a closed terminal must not stop the work
        abandon(stream)


def _console(stream: TextIO) -> Console:
    # rich takes 50 ms to import, so only if there is something to draw.
    from rich.console import Console

    return Console(file=stream)


def _one_line(text: str) -> str:
    return " ".join(part.strip() for part in text.splitlines() if part.strip())


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _is_numeric(column: Sequence[object]) -> bool:
    known = [value for value in column if value is not None]
    return bool(known) and all(isinstance(value, int | float | Number) for value in known)


def _rich_table(
    title: str, columns: Sequence[str], cells: list[list[str]], numeric: list[bool]
) -> None:
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title, title_justify="left")
    for column, is_number in zip(columns, numeric, strict=True):
        drawn.add_column(column, justify="right" if is_number else "left")
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    _console(sys.stdout).print(drawn)


def _plain_table(
    title: str, columns: Sequence[str], cells: list[list[str]], numeric: list[bool]
) -> None:
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    print(title)
    for row in (columns, ["-" * width for width in widths], *cells):
        padded = [
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(row, widths, numeric, strict=True)
        ]
        print("  ".join(padded).rstrip())
