from pathlib import Path

import pytest

from scoreboard.cells import KNOWN_MODELS, Cell, Result, planned_cells, result_file

CELL = Cell(protocol="reference", model="mf_dnn", objective="mse", seed=2)


def result(cell: Cell = CELL, **metrics: float) -> Result:
    return Result(
        cell=cell,
        fingerprint="f",
        metrics=metrics,
        metrics_unforced=None,
        by_user=None,
        fit_seconds=1.5,
        peak_memory_mb=100.0,
    )


def test_a_model_of_ours_is_run_with_every_objective_and_seed() -> None:
    cells = planned_cells(["temporal"], ["mf_dnn"], seeds=2)
    assert [(cell.objective, cell.seed) for cell in cells] == [
        (objective, seed) for objective in ("mse", "cross_entropy") for seed in (0, 1)
    ]


def test_an_at_gives_a_model_seeds_of_its_own() -> None:
    cells = planned_cells(["temporal"], ["gp_dnn:ordinal@2", "mf:mse"], seeds=1)
    assert [(cell.model, cell.seed) for cell in cells] == [("gp_dnn", 0), ("gp_dnn", 1), ("mf", 0)]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("nmf", "no model 'nmf'; known: dummy"),
        ("mf:hinge", "no model 'mf:hinge'; objectives of mf: mse, cross_entropy"),
        ("svd:mse", "no model 'svd:mse'; objectives of svd: none"),
        ("mf@0", "no number of seeds behind the @ of 'mf@0'"),
        ("mf@", "no number of seeds"),
    ],
)
def test_a_wrong_choice_is_refused_by_name(choice: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        planned_cells(["temporal"], ["svd", choice], seeds=1)


def test_an_unknown_protocol_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no protocol 'nope'; known: temporal, random"):
        planned_cells(["nope"], ["svd"], seeds=1)


def test_a_model_that_computes_its_own_statistics_is_not_run_where_aggregates_leak() -> None:
    cells = planned_cells(["reference-leaky"], ["gp_dnn", "mf_dnn:mse"], seeds=1)
    assert [cell.model for cell in cells] == ["mf_dnn"]


def test_a_colon_picks_one_objective() -> None:
    (cell,) = planned_cells(["temporal"], ["mf_dnn:mse"], seeds=1)
    assert cell == Cell(protocol="temporal", model="mf_dnn", objective="mse", seed=0)


def test_a_peer_without_randomness_is_run_once() -> None:
    cells = planned_cells(["temporal", "random"], ["ease", "svd"], seeds=2)
    assert [(cell.protocol, cell.model, cell.seed) for cell in cells] == [
        ("temporal", "ease", 0),
        ("temporal", "svd", 0),
        ("temporal", "svd", 1),
        ("random", "ease", 0),
        ("random", "svd", 0),
        ("random", "svd", 1),
    ]


def test_a_leaky_board_has_no_peer_that_cannot_leak() -> None:
    cells = planned_cells(["reference-leaky"], ["mf_dnn:mse", "ease", "svd", "lightgbm"], seeds=1)
    assert [cell.model for cell in cells] == ["mf_dnn", "lightgbm"]


def test_ours_come_before_the_peers() -> None:
    assert KNOWN_MODELS.index("mf_dnn") < KNOWN_MODELS.index("user-item-bias")


def test_a_result_comes_back_from_its_file(tmp_path: Path) -> None:
    result(rmse=0.9).write(tmp_path)
    file = result_file(CELL, tmp_path)
    assert Result.model_validate_json(file.read_bytes()) == result(rmse=0.9)
    assert [each.name for each in file.parent.iterdir()] == ["reference_mf_dnn_mse_2.json"]


def test_a_result_with_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match=r"metrics\.rmse\s+Input should be a finite number"):
        result(rmse=float("nan"))
