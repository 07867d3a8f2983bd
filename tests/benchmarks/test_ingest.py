"""The benchmark of the ingestion, on data that are soon read."""

from pathlib import Path

import pytest

from benchmarks.ingest import measure
from movielens.datasets.synthetic import write_synthetic


def test_every_rating_is_read_and_each_cost_is_told(tmp_path: Path) -> None:
    folder = write_synthetic(tmp_path / "data", users=20, movies=60, ratings=300)
    measured = measure(folder)
    assert measured.pop("ratings") == 300
    assert min(measured.values()) > 0
    assert measured["rows_per_second"] == pytest.approx(300 / measured["seconds"])
