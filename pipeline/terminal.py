"""Everything a command shows: messages and progress on stderr, results on stdout.

Drawn with rich on a terminal, as plain lines elsewhere. Whatever a program may want to read (tables
and JSON) is alone on stdout, so that `movielens ... --json | jq` works while progress is shown.
`NO_COLOR` is respected (rich does so by itself; plain lines carry no colour at all).
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from pipeline.errors import RunFailure

if TYPE_CHECKING:
    from rich.console import Console

_SECONDS_BETWEEN_PLAIN_LINES = 10.0


class Number(str):
    """A number that is already written out; a table right-aligns it like other numbers."""

    __slots__ = ()


class Progress(Protocol):
    """Counts the work that is done; `progress` yields it."""

    def advance(self, amount: float = 1) -> None:
        """Adds `amount` units of finished work."""


def prepare_streams() -> None:
    """Prepares the standard streams, whatever the command was started with.

    A closed stream is opened on the null device; otherwise the next file to be opened would take
    its number. A character that stdout's encoding lacks is written as a question mark.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8"))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def flush() -> None:
    """Writes out what stdout still buffers.

    Raises:
        RunFailure: It cannot be written.
    """
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
    """Writes `value` to stdout as one JSON document.

    Raises:
        ValueError: `value` holds NaN or infinity, which JSON cannot express.
        RunFailure: It cannot be written.
    """
    with _results() as stdout:
        knows_all_letters = (stdout.encoding or "utf-8").lower().startswith("utf")
        text = json.dumps(value, indent=2, ensure_ascii=not knows_all_letters, allow_nan=False)
        print(text, file=stdout)


def emit_text(text: str) -> None:
    """Writes `text` to stdout as it is.

    Raises:
        RunFailure: it cannot be written.
    """
    with _results() as stdout:
        stdout.write(text)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table to stdout; numbers are right-aligned, floats shown to four decimals.

    Args:
        title: The line above the table.
        columns: The heading of each column.
        rows: One sequence for each row, as long as `columns`; `None` is shown as a dash.

    Raises:
        ValueError: A row is longer or shorter than `columns`.
        RunFailure: It cannot be written.
    """
    materialised = [list(row) for row in rows]
    cells = [[_cell(value) for value in row] for row in materialised]
    for row in cells:
        if len(row) != len(columns):
            raise ValueError(f"Expected {len(columns)} cells, {list(columns)}. Received: {row}")
    numeric = [
        any(isinstance(row[i], int | float | Number) for row in materialised)
        and all(row[i] is None or isinstance(row[i], int | float | Number) for row in materialised)
        for i in range(len(columns))
    ]
    with _results() as stdout:
        draw = _rich_table if stdout.isatty() else _plain_table
        draw(title, columns, cells, numeric)


@contextmanager
def progress(
    description: str, total: float | None = None, *, stream: TextIO | None = None
) -> Iterator[Progress]:
    """Shows progress while the block runs.

    Args:
        description: What is being done.
        total: How many units of work there are; `None` if unknown: a spinner and the time.
        stream: Where to draw; stderr by default.

    Yields:
        A `Progress`; call `.advance(n)` as work is done.
    """
    target = stream or sys.stderr
    if not target.isatty():
        yield _PlainProgress(description, total, target)
        return
    from rich.progress import (
        BarColumn,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.progress import Progress as RichProgress

    amount = [] if total is None else [BarColumn(), TaskProgressColumn()]
    bar = RichProgress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        *amount,
        TimeElapsedColumn(),
        console=_console(target),
        transient=True,
        # The runner points fds 1 and 2 at its log: replacing sys.stdout too would fight with that.
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with bar:
        yield _RichProgress(bar, bar.add_task(description, total=total))


class _RichProgress:
    """Advances a task of a rich progress bar."""

    def __init__(self, bar: Any, task_id: Any) -> None:
        self._bar = bar
        self._task_id = task_id

    def advance(self, amount: float = 1) -> None:
        self._bar.advance(self._task_id, amount)


class _PlainProgress:
    """Prints a line at the start, and then at most one every ten seconds."""

    def __init__(self, description: str, total: float | None, stream: TextIO) -> None:
        self._description = description
        self._total = total
        self._stream = stream
        self._done = 0.0
        self._last_line = time.monotonic()
        say(f"{description} ...", stream=stream)

    def advance(self, amount: float = 1) -> None:
        self._done += amount
        now = time.monotonic()
        if now - self._last_line < _SECONDS_BETWEEN_PLAIN_LINES:
            return
        self._last_line = now
        of_total = f" of {self._total:,.0f}" if self._total else ""
        say(f"{self._description} ... {self._done:,.0f}{of_total}", stream=self._stream)


@contextmanager
def _results() -> Iterator[TextIO]:
    """Yields stdout and raises RunFailure if it cannot be written."""
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
    except OSError:  # a full disk, or a terminal that has gone: the work does not depend on it
        abandon(stream)


def _console(stream: TextIO) -> Console:
    # rich costs 50 ms to import, so it waits until there is something to draw.
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

    def line(row: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(row, widths, numeric, strict=True)
        ]
        return "  ".join(padded).rstrip()

    print(title)
    print(line(columns))
    print("  ".join("-" * width for width in widths))
    for row in cells:
        print(line(row))
