"""One cell of our own and some of peers, for real, on the ratings of some users."""

import numpy as np
import pytest

from scoreboard.cells import Cell, Result
from scoreboard.measuring.catalogue_metrics import CATALOGUE_METRICS
from scoreboard.measuring.cell_process import measure_cell
from tests.scoreboard.conftest import MeasuredCell

CATALOGUE_NAMES = {metric.name for metric in CATALOGUE_METRICS}
RATED_METRICS = {"rmse", "mae", "auc", "ndcg_normal", "p10_normal"}


@pytest.fixture
def best_constant(leaky_cell: MeasuredCell) -> float:
    """The RMSE of the best single number for all test ratings."""
    return float(np.std(leaky_cell.rated.test_rows()["rating"]))


def measured(leaky_cell: MeasuredCell, peer: str) -> Result:
    cell = Cell(protocol="reference-leaky", model=peer, objective="", seed=0)
    return measure_cell(cell, leaky_cell.rated, leaky_cell.cache, "of some code and data")


def test_a_model_of_ours_rates_and_ranks_and_leaves_nothing_to_push(
    leaky_cell: MeasuredCell, best_constant: float
) -> None:
    result = leaky_cell.result
    assert result.metrics.keys() >= RATED_METRICS | {"log_loss", *CATALOGUE_NAMES}
    assert result.metrics_unforced["rows"] < result.metrics["rows"]
    assert result.metrics["rmse"] < best_constant
    assert result.fit_seconds > 0
    assert result.peak_memory_mb > 100
    assert leaky_cell.left == []


def test_a_peer_that_rates_is_measured_on_the_same_rows(
    leaky_cell: MeasuredCell, best_constant: float
) -> None:
    result = measured(leaky_cell, "user-item-bias")
    assert result.metrics.keys() >= RATED_METRICS
    assert not result.metrics.keys() & {"log_loss", *CATALOGUE_NAMES}
    assert result.metrics["rmse"] < best_constant


def test_a_peer_that_ranks_is_measured_by_its_lists(leaky_cell: MeasuredCell) -> None:
    result = measured(leaky_cell, "most-popular")
    assert set(result.metrics) == CATALOGUE_NAMES
    assert result.metrics_unforced is None


@pytest.mark.parametrize(
    ("module", "model", "metrics"),
    [
        ("surprise", "svd", RATED_METRICS),
        ("surprise", "svdpp", RATED_METRICS),
        ("surprise", "knn-baseline", RATED_METRICS),
        ("lightgbm", "lightgbm", RATED_METRICS | {"log_loss"}),
        ("implicit", "implicit-als", CATALOGUE_NAMES),
    ],
)
@pytest.mark.filterwarnings("ignore:OpenBLAS:RuntimeWarning")  # implicit's advice on threads
def test_a_peer_of_the_extra_bench_is_measured(
    leaky_cell: MeasuredCell, module: str, model: str, metrics: set[str]
) -> None:
    pytest.importorskip(module, reason="comes with the extra `bench`")
    assert measured(leaky_cell, model).metrics.keys() >= metrics
