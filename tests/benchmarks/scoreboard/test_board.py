import dataclasses

import pytest

from benchmarks.scoreboard import board
from benchmarks.scoreboard.cells import Cell, Result

CELLS = [Cell(protocol="reference", model="svd", objective="", seed=seed) for seed in range(3)]


@pytest.fixture
def measured(monkeypatch) -> list[Cell]:
    """Stands in for the cells' processes: notes what was measured, writes a result."""
    cells: list[Cell] = []

    def measure(cell, cache, _):
        cells.append(cell)
        finish(cell, cache)

    monkeypatch.setattr(board, "_measure_in_child", measure)
    return cells


def finish(cell, cache, **changes):
    done = Result(
        cell=cell,
        fingerprint=cell.fingerprint(),
        metrics={"rmse": 0.9 + cell.seed},
        metrics_unforced=None,
        fit_seconds=1.0,
        peak_memory_mb=50.0,
    )
    dataclasses.replace(done, **changes).write(board.results_folder(cache))


def test_a_board_measures_every_cell_and_tells_of_each(measured, tmp_path):
    events = []
    results = board.run_board(CELLS, tmp_path, None, events.append)
    assert measured == CELLS
    assert [result.metrics["rmse"] for result in results] == [0.9, 1.9, 2.9]
    assert [(event["done"], event["total"]) for event in events] == [(0, 3), (1, 3), (2, 3)]
    assert events[0]["seconds_left"] > events[2]["seconds_left"] >= 0


def test_a_killed_board_goes_on_where_it_was(measured, tmp_path):
    finish(CELLS[0], tmp_path)
    results = board.run_board(CELLS, tmp_path, None, lambda _: None)
    assert measured == CELLS[1:]
    assert len(results) == 3


def test_a_result_of_older_code_is_measured_again(measured, tmp_path):
    finish(CELLS[0], tmp_path, fingerprint="of older code")
    board.run_board(CELLS[:1], tmp_path, None, lambda _: None)
    assert measured == CELLS[:1]


def test_a_failed_cell_is_named_with_what_it_said(monkeypatch, tmp_path):
    monkeypatch.setattr(board, "cell_argument", lambda _: '{"protocol": "nowhere"}')
    with pytest.raises(board.CellError, match=r"svd, seed 0, on reference failed: KeyError"):
        board.run_board(CELLS[:1], tmp_path, None, lambda _: None)
