import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from movielens.datasets.synthetic import write_synthetic
from scoreboard import board
from scoreboard.cells import Cell, Result
from scoreboard.fingerprints import data_fingerprint

CELLS = [Cell(protocol="reference", model="svd", objective="", seed=seed) for seed in range(3)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of a few ratings."""
    folder = tmp_path / "data"
    write_synthetic(folder, users=20, movies=30, ratings=300, seed=1)
    return folder


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Cell]:
    """Stands in for the cells' processes: notes what was measured, writes a result."""
    cells: list[Cell] = []

    def measure(cell: Cell, cache: Path, data: Path) -> None:
        cells.append(cell)
        finish(cell, cache, data)

    monkeypatch.setattr(board, "_measure_in_child", measure)
    # Its packages need not be installed.
    monkeypatch.setitem(sys.modules, "surprise", SimpleNamespace(__spec__="found"))
    return cells


def finish(cell: Cell, cache: Path, data: Path, **changes: str) -> None:
    done = Result(
        cell=cell,
        fingerprint=cell.fingerprint(data_fingerprint(data)),
        metrics={"rmse": 0.9 + cell.seed},
        metrics_unforced=None,
        by_user=None,
        fit_seconds=1.0,
        peak_memory_mb=50.0,
    )
    done.model_copy(update=changes).write(cache)


def test_a_board_measures_every_cell_and_tells_of_each(
    measured: list[Cell], data: Path, tmp_path: Path
) -> None:
    events: list[str] = []
    results = board.run_board(CELLS, tmp_path, data, events.append)
    assert measured == CELLS
    assert [result.metrics["rmse"] for result in results] == [0.9, 1.9, 2.9]
    assert events == [
        "1 of 3: svd, seed 0, on reference (about 3 min left)",
        "2 of 3: svd, seed 1, on reference (about a minute at most left)",
        "3 of 3: svd, seed 2, on reference (about a minute at most left)",
    ]


def test_a_killed_board_goes_on_where_it_was(
    measured: list[Cell], data: Path, tmp_path: Path
) -> None:
    finish(CELLS[0], tmp_path, data)
    results = board.run_board(CELLS, tmp_path, data, lambda _: None)
    assert measured == CELLS[1:]
    assert len(results) == 3


def test_a_result_of_older_code_is_measured_again(
    measured: list[Cell], data: Path, tmp_path: Path
) -> None:
    finish(CELLS[0], tmp_path, data, fingerprint="of older code")
    board.run_board(CELLS[:1], tmp_path, data, lambda _: None)
    assert measured == CELLS[:1]


@pytest.mark.parametrize("edited", ["ratings.csv", "movies.csv"])
def test_a_result_on_other_data_is_measured_again(
    measured: list[Cell], data: Path, tmp_path: Path, edited: str
) -> None:
    finish(CELLS[0], tmp_path, data)
    append(data / edited)
    board.run_board(CELLS[:1], tmp_path, data, lambda _: None)
    assert measured == CELLS[:1]


def test_data_that_change_under_a_board_end_it(
    measured: list[Cell], data: Path, tmp_path: Path
) -> None:
    def tell(line: str) -> None:
        if line.startswith("2 of 3"):
            append(data / "ratings.csv")

    with pytest.raises(board.BoardError, match=r"svd, seed 1, on reference was measured .* other"):
        board.run_board(CELLS, tmp_path, data, tell)


def test_a_real_cell_is_measured_in_a_process_and_its_result_is_taken(
    data: Path, tmp_path: Path
) -> None:
    cell = Cell(protocol="reference", model="user-item-bias", objective="", seed=0)
    events: list[str] = []
    for _ in range(2):
        (result,) = board.run_board([cell], tmp_path, data, events.append)
    assert len(events) == 1
    assert 0 < result.metrics["rmse"] < 5
    assert result.peak_memory_mb > 100


def append(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\n")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [("echo noise; echo 'KeyError: no such' >&2", "KeyError: no such"), ("true", "exit code 3")],
)
def test_a_failed_cell_is_named_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, data: Path, tmp_path: Path, lines: str, reason: str
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{lines}\nexit 3\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    cell = CELLS[0].model_copy(update={"model": "ease"})
    with pytest.raises(board.BoardError, match=f"ease, seed 0, on reference failed: {reason} "):
        board.run_board([cell], tmp_path, data, lambda _: None)


def test_a_missing_package_is_told_before_anything_is_measured(
    measured: list[Cell], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "surprise", None)
    cells = [CELLS[0].model_copy(update={"model": "ease"}), *CELLS]
    with pytest.raises(board.BoardError, match=r"`surprise` \(for svd\).*\[bench\]"):
        board.run_board(cells, tmp_path, data, lambda _: None)
    assert measured == []


def test_a_result_in_the_cache_needs_no_package(
    measured: list[Cell], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "surprise", None)
    finish(CELLS[0], tmp_path, data)
    assert len(board.run_board(CELLS[:1], tmp_path, data, lambda _: None)) == 1
