"""Everything a command shows: messages and progress on stderr, results on stdout.

On a terminal rich draws it; elsewhere it is plain lines. Tables and JSON are alone on stdout, so
that `movielens ... --json | jq` works while progress is shown. If a result cannot be written, the
functions that print it raise RunFailure. `NO_COLOR` is respected.
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
    """A number that is already written out; a table right-aligns it like other numbers."""

    __slots__ = ()


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
    """Writes out what stdout still buffers."""
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
    """
    is_unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    emit_text(json.dumps(value, indent=2, ensure_ascii=not is_unicode, allow_nan=False) + "\n")


def emit_text(text: str) -> None:
    """Writes `text` to stdout as it is."""
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
def progress(
    description: str, *, stream: TextIO | None = None
) -> Iterator[Callable[[float], None]]:
    """Shows on stderr, or on `stream`, that work is going on while the block runs.

    Yields:
        A function to call with the amount of work that has been done since the last call.
    """
    target = stream or sys.stderr
    show = _spinner if target.isatty() else _plain_progress
    done = 0.0
    with show(description, target) as update:

        def advance(amount: float) -> None:
            nonlocal done
            done += amount
            update(f"{description} ... {done:,.0f}")

        yield advance


@contextmanager
def _spinner(description: str, stream: TextIO) -> Iterator[Callable[[str], None]]:
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    spinner = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=_console(stream),
        transient=True,
        # A run points the descriptors 1 and 2 at its log. Replacing sys.stdout would undo that.
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with spinner:
        task = spinner.add_task(description, total=None)
        yield lambda text: spinner.update(task, description=text)


@contextmanager
def _plain_progress(description: str, stream: TextIO) -> Iterator[Callable[[str], None]]:
    """Prints a line at the start, and then at most one every ten seconds."""
    last_line = time.monotonic()
    say(f"{description} ...", stream=stream)

    def update(text: str) -> None:
        nonlocal last_line
        if time.monotonic() - last_line >= _SECONDS_BETWEEN_PLAIN_LINES:
            last_line = time.monotonic()
            say(text, stream=stream)

    yield update


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
