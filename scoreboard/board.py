"""Runs a board: what is not measured yet, one process a cell, telling as it goes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from scoreboard.cells import Cell, Result
from scoreboard.fingerprints import ROOT
from scoreboard.rating_files import data_fingerprint

# A guess for the first cells, before any of this board has been timed.
_SECONDS_OF_A_CELL: Final = 60.0
Tell = Callable[[dict[str, Any]], None]


class CellError(Exception):
    """A cell could not be measured."""


def run_board(cells: Sequence[Cell], cache: Path, data_folder: Path, tell: Tell) -> list[Result]:
    """Measures the cells that have no result by the present code on the present data, in order.

    Args:
        cells: What is wanted.
        cache: Holds results and data of this and earlier boards; a killed board goes on from it.
        data_folder: A MovieLens folder.
        tell: Is given an event before and after each cell: `kind`, `cell`, `done`, `total`,
            `seconds_left`.

    Returns:
        The results, in the order of the cells.

    Raises:
        CellError: A cell's process failed; what it said is in its log. Or the code or the data
            changed meanwhile, and the figures would not be of the same.
        SourceError: The data folder is none.
    """
    data = data_fingerprint(data_folder)
    wanted = {cell: cell.fingerprint(data) for cell in cells}
    waiting = [cell for cell in cells if _finished(cell, wanted[cell], cache) is None]
    spent: list[float] = []
    for cell in cells:
        if cell not in waiting:
            continue
        mean = sum(spent) / len(spent) if spent else _SECONDS_OF_A_CELL
        left = mean * (len(waiting) - len(spent))
        event = {"protocol": cell.protocol, "model": cell.label, "seed": cell.seed}
        event |= {"done": len(spent), "total": len(waiting)}
        tell({"kind": "started", **event, "seconds_left": left})
        started = time.perf_counter()
        _measure_in_child(cell, cache, data_folder)
        spent.append(time.perf_counter() - started)
    return [_finished_or_refused(cell, wanted[cell], cache) for cell in cells]


def results_folder(cache: Path) -> Path:
    """Where the cells' results lie."""
    return cache / "results"


def _finished_or_refused(cell: Cell, wanted: str, cache: Path) -> Result:
    result = _finished(cell, wanted, cache)
    if result is None:
        raise CellError(
            f"{cell.label}, seed {cell.seed}, on {cell.protocol} was measured by other code or on "
            "other data than the board began with: one of them was edited meanwhile. Run the same "
            "command again; what is still valid is not measured again"
        )
    return result


def _finished(cell: Cell, wanted: str, cache: Path) -> Result | None:
    path = results_folder(cache) / cell.file_name
    if not path.is_file():
        return None
    result = Result.read(path)
    return result if result.fingerprint == wanted else None


def _measure_in_child(cell: Cell, cache: Path, data_folder: Path) -> None:
    log = cache / "logs" / f"{cell.file_name.removesuffix('.json')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "scoreboard", "--cache", str(cache)]
    command += ["--data", str(data_folder), "--measure", cell_argument(cell)]
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
        raise CellError(
            f"{cell.label}, seed {cell.seed}, on {cell.protocol} failed: "
            f"{said[-1] if said else f'exit code {process.returncode}'} (log: {log})"
        )


def cell_argument(cell: Cell) -> str:
    """A cell as one command-line word.

    >>> cell_argument(Cell(protocol="random", model="svd", objective="", seed=1))
    '{"protocol": "random", "model": "svd", "objective": "", "seed": 1}'
    """
    return json.dumps(
        {
            "protocol": cell.protocol,
            "model": cell.model,
            "objective": cell.objective,
            "seed": cell.seed,
        }
    )


def groups(results: Sequence[Result]) -> Iterator[tuple[str, str, list[Result]]]:
    """Results by protocol and label, over their seeds, in the order of first appearance."""
    by_key: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        by_key.setdefault((result.cell.protocol, result.cell.label), []).append(result)
    for (protocol, label), members in by_key.items():
        yield protocol, label, members
