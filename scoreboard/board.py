"""Runs a board: measures the cells that have no result yet, each in a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from scoreboard.cells import Cell, Result, result_file
from scoreboard.fingerprints import ROOT, data_fingerprint
from scoreboard.peers.registry import PEERS, missing_packages

# A guess for the first cell, before any of this board has been timed.
_SECONDS_OF_A_CELL: Final = 60.0


class BoardError(Exception):
    """A board cannot be measured; the message is for the person who asked for it."""


def run_board(
    cells: Sequence[Cell], cache: Path, data_folder: Path, say: Callable[[str], None]
) -> list[Result]:
    """Measures the cells that have no result by the present code on the present data.

    Args:
        cells: The cells, measured in this order; the results are in the same order.
        cache: Holds results and data of this and earlier boards. A killed board goes on from it.
        data_folder: A MovieLens folder.
        say: Is called before each measurement, with a line for the user.

    Raises:
        BoardError: A peer's package is not installed, or the process of a cell failed. Or code or
            data changed meanwhile, so that the figures would not be comparable.
        SourceError: The data folder is in no published layout.
    """
    data = data_fingerprint(data_folder)
    wanted = {cell: cell.fingerprint(data) for cell in cells}
    waiting = [cell for cell in wanted if _finished(cell, wanted[cell], cache) is None]
    needed = {each.model: PEERS[each.model].module for each in waiting if each.is_peer}
    if message := missing_packages(needed):
        raise BoardError(message)
    spent: list[float] = []
    for done, cell in enumerate(waiting):
        mean = sum(spent) / done if done else _SECONDS_OF_A_CELL
        minutes = mean * (len(waiting) - done) / 60
        left = f"{minutes:.0f} min" if minutes >= 1 else "a minute at most"
        say(f"{done + 1} of {len(waiting)}: {cell.title} (about {left} left)")
        started = time.perf_counter()
        _measure_in_child(cell, cache, data_folder)
        spent.append(time.perf_counter() - started)
    return [_finished_or_refused(cell, wanted[cell], cache) for cell in cells]


def _finished_or_refused(cell: Cell, wanted: str, cache: Path) -> Result:
    result = _finished(cell, wanted, cache)
    if result is None:
        raise BoardError(
            f"{cell.title} was measured by other code or on other data than the board began with: "
            "one of them was edited meanwhile. Run the same command again; what is still valid is "
            "not measured again"
        )
    return result


def _finished(cell: Cell, wanted: str, cache: Path) -> Result | None:
    path = result_file(cell, cache)
    if not path.is_file():
        return None
    result = Result.model_validate_json(path.read_bytes())
    return result if result.fingerprint == wanted else None


def _measure_in_child(cell: Cell, cache: Path, data_folder: Path) -> None:
    log = cache / "logs" / f"{cell.file_name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "scoreboard.measuring.cell_process", cell.model_dump_json()]
    command += [str(data_folder.absolute()), str(cache.absolute())]
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if process.returncode:
        said = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
        reason = said[-1] if said else f"exit code {process.returncode}"
        raise BoardError(f"{cell.title} failed: {reason} (log: {log})")
