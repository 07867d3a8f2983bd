"""One cell of our own and one of a peer, for real, on the ratings of some users."""

import tempfile

import numpy as np
import pytest

from scoreboard.cells import Cell
from scoreboard.data.rated_movies import split_ratings
from scoreboard.measuring.catalogue_metrics import CATALOGUE_METRICS
from scoreboard.measuring.cell_process import measure_cell
from scoreboard.protocols import PROTOCOLS

USERS = 25
CATALOGUE_NAMES = {metric.name for metric in CATALOGUE_METRICS}
RATED_METRICS = {"rmse", "mae", "auc", "ndcg_normal", "p10_normal"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def rated(default_ratings):
    rows, movies = default_ratings
    ingest = PROTOCOLS["reference"].ingest
    return split_ratings(rows[rows["user_id"] <= USERS], movies, ingest)


@pytest.fixture(scope="module")
def best_constant(rated):
    """The RMSE of the best single number for all test ratings."""
    return float(np.std(rated.test_rows()["rating"]))


def measured(rated, cache, model, objective=""):
    cell = Cell(protocol="reference-leaky", model=model, objective=objective, seed=0)
    return measure_cell(cell, rated, cache, "of some code and data")


def test_a_model_of_ours_rates_and_ranks_and_leaves_nothing_to_push(
    rated, best_constant, cache, monkeypatch
):
    folder = cache / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    result = measured(rated, cache, "bias", "mse")
    assert result.metrics.keys() >= RATED_METRICS | {"log_loss", *CATALOGUE_NAMES}
    assert result.metrics_unforced["rows"] < result.metrics["rows"]
    assert result.metrics["rmse"] < best_constant
    assert result.fit_seconds > 0
    assert result.peak_memory_mb > 100
    assert not list(folder.rglob("saved_model.pb"))


def test_a_peer_that_rates_is_measured_on_the_same_rows(rated, best_constant, cache):
    result = measured(rated, cache, "user-item-bias")
    assert result.metrics.keys() >= RATED_METRICS
    assert not result.metrics.keys() & {"log_loss", *CATALOGUE_NAMES}
    assert result.metrics["rmse"] < best_constant


def test_a_peer_that_ranks_is_measured_by_its_lists(rated, cache):
    result = measured(rated, cache, "most-popular")
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
def test_a_peer_of_the_extra_bench_is_measured(rated, cache, module, model, metrics):
    pytest.importorskip(module, reason="comes with the extra `bench`")
    assert measured(rated, cache, model).metrics.keys() >= metrics
