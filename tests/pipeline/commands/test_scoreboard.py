"""The command, with a stand-in for the process that measures a cell."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from movielens.datasets.synthetic import write_synthetic
from pipeline.cli import main
from scoreboard import board
from scoreboard.cells import Cell, Result
from scoreboard.fingerprints import data_fingerprint

RunCommand = Callable[..., int]


@pytest.fixture
def data(tmp_path: Path) -> str:
    return str(write_synthetic(tmp_path / "data", users=20, movies=30, ratings=300, seed=1))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Cell]:
    """The cells that the stand-in has measured."""
    cells = []

    def measure(cell: Cell, cache: Path, folder: Path) -> None:
        cells.append(cell)
        Result(
            cell=cell,
            fingerprint=cell.fingerprint(data_fingerprint(folder)),
            metrics={"rmse": 0.85},
            metrics_unforced=None,
            by_user=None,
            fit_seconds=1.0,
            peak_memory_mb=50.0,
        ).write(cache)

    monkeypatch.setattr(board, "_measure_in_child", measure)
    monkeypatch.setattr(board, "missing_packages", lambda _: "")
    return cells


@pytest.fixture
def scoreboard(measured: list[Cell], data: str, tmp_path: Path) -> RunCommand:
    """Runs `movielens scoreboard` on a few ratings and returns its exit code."""

    def run(*options: str) -> int:
        return main(["scoreboard", "--data", data, "--output", str(tmp_path / "out"), *options])

    return run


def test_the_board_is_printed_and_progress_told_with_the_time_left(
    scoreboard: RunCommand, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scoreboard("--protocols", "temporal", "--models", "mf_dnn:mse@2") == 0
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "1 of 2: mf_dnn (mse), seed 0, on temporal (about 2 min left)",
        "2 of 2: mf_dnn (mse), seed 1, on temporal (about a minute at most left)",
    ]
    assert "temporal: test ratings" in out
    assert "0.8500" in out


def test_without_choices_every_model_is_measured_under_every_protocol(
    scoreboard: RunCommand, measured: list[Cell]
) -> None:
    assert scoreboard("--seeds", "1") == 0
    protocols = list(dict.fromkeys(cell.protocol for cell in measured))
    assert protocols == ["temporal", "random", "reference", "reference-leaky"]
    assert {"gp_dnn (mse)", "popular (mse)", "ease", "lightgbm"} < {cell.label for cell in measured}


def test_quick_measures_each_model_once_on_reference(
    scoreboard: RunCommand, measured: list[Cell]
) -> None:
    assert scoreboard("--quick") == 0
    assert {(cell.protocol, cell.seed) for cell in measured} == {("reference", 0)}
    labels = [cell.label for cell in measured]
    assert labels[:2] == ["dummy (mse)", "popular (mse)"]
    assert labels.count("gp_dnn (ordinal)") == labels.count("mf_dnn (cross_entropy)") == 1
    assert {"svdpp", "ease", "lightgbm"} <= set(labels)


def test_a_board_measured_before_is_shown_again(
    scoreboard: RunCommand, measured: list[Cell], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert scoreboard("--protocols", "random", "--models", "ease") == 0
    assert len(measured) == 1
    assert capsys.readouterr().out.count("random: test ratings") == 2


def test_json_goes_to_a_file(scoreboard: RunCommand, tmp_path: Path) -> None:
    file = tmp_path / "board.json"
    assert scoreboard("--protocols", "temporal", "--models", "mf:mse@1", "--json", str(file)) == 0
    figures = json.loads(file.read_text())
    assert [each["label"] for each in figures["summaries"]] == ["mf (mse)"]
    assert [each["metrics"] for each in figures["results"]] == [{"rmse": 0.85}]


def test_the_page_starts_with_the_command_that_makes_it(
    scoreboard: RunCommand, tmp_path: Path
) -> None:
    page = tmp_path / "board.md"
    chosen = ["--protocols", "temporal", "random", "--seeds", "2", "--models", "ease", "bias:mse"]
    assert scoreboard(*chosen, "--markdown", str(page)) == 0
    command = f"movielens scoreboard {' '.join(chosen)} --markdown {page}"
    assert f"    {command}\n" in page.read_text()
    assert (tmp_path / "board.svg").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--quick", "--seeds", "3"], "--quick is one seed"),
        (["--seeds", "0"], "--seeds should be at least 1. Received: 0"),
        (["--models", "nope"], "no model 'nope'; known: dummy, "),
        (["--protocols", "nope"], "no protocol 'nope'; known: temporal, random, "),
        (["--data", "/none"], "the data folder /none does not exist"),
        (["--json", "/none/board"], "there is no folder /none"),
        (["--markdown", "/none/board"], "there is no folder /none"),
    ],
)
def test_wrong_options_are_refused_before_any_work(
    scoreboard: RunCommand,
    measured: list[Cell],
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    assert scoreboard(*options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    assert measured == []


def test_a_failed_cell_is_the_error(
    scoreboard: RunCommand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise board.BoardError("svd, seed 0, on random failed: no memory (log: svd.log)")

    monkeypatch.setattr(board, "_measure_in_child", fail)
    assert scoreboard("--protocols", "random", "--models", "svd") == 1
    err = capsys.readouterr().err
    assert err.endswith("error: svd, seed 0, on random failed: no memory (log: svd.log)\n")
