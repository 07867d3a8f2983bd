"""Predictions that are kept are those that the metrics were computed from."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.evaluator import extractors
from components.evaluator.keep_predictions import keeping_predictions
from components.evaluator.metrics import measure
from components.evaluator.predictions import rated_rows, read_predictions, schema_of
from components.evaluator.results import read_results
from components.evaluator.settings import EvaluatorSettings
from tests.components.evaluator.conftest import Evaluate
from tests.components.evaluator.test_evaluation import random_ratings

LENIENT = EvaluatorSettings(bounds={"rmse": 5.0}, slice_bounds={}, max_regression={})
Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return random_ratings(1500)  # two batches


@pytest.fixture(scope="module")
def evaluation(evaluate: Evaluate, rows: list[Row]) -> Path:
    return evaluate(rows, LENIENT, error=0.25, blessed_error=0.5, keep=True)


def test_there_is_one_row_for_each_rating_in_order(evaluation: Path, rows: list[Row]) -> None:
    kept = read_predictions(evaluation / "predictions")
    expected = sorted(rows, key=lambda row: (row["user_id"], row["movie_id"]))
    for name in (
        "user_id",
        "movie_id",
        "rating",
        "bias_rating",
        "title",
        "user_activity",
        "genres",
    ):
        assert kept.column(name).to_pylist() == [row[name] for row in expected]
    predicted = [row["predicted_rating"] + 0.25 for row in expected]  # the candidate's
    assert kept.column("predicted_rating").to_pylist() == pytest.approx(predicted)
    liked = [row["liked_score"] for row in expected]
    assert kept.column("predicted_like").to_pylist() == pytest.approx(liked)


def test_metrics_of_the_predictions_are_those_of_the_evaluation(evaluation: Path) -> None:
    measured = measure(rated_rows(read_predictions(evaluation / "predictions")))
    defined = {name: value for name, value in measured.items() if np.isfinite(value)}
    assert defined == pytest.approx(dict(read_results(evaluation).overall.metrics), rel=1e-12)


def test_of_many_predictions_those_of_the_same_users_are_read(tmp_path: Path) -> None:
    users = np.repeat(np.arange(1_000), 4)
    schema = schema_of([])
    for name, shift in (("before", 0.0), ("after", 1.0)):
        columns = [users, np.tile(np.arange(4), 1_000), *[np.full(4_000, shift)] * 4]
        arrays = [pa.array(each, field.type) for each, field in zip(columns, schema, strict=True)]
        (tmp_path / name).mkdir()
        pq.write_table(pa.Table.from_arrays(arrays, schema=schema), tmp_path / name / "a.parquet")
    before, after = (read_predictions(tmp_path / name, 400) for name in ("before", "after"))
    assert 300 < len(before) < 500
    assert before.column("user_id").equals(after.column("user_id"))
    _, counts = np.unique(before.column("user_id").to_numpy(), return_counts=True)
    assert set(counts) == {4}  # whole users
    assert len(read_predictions(tmp_path / "before", 4_000)) == 4_000


def test_a_folder_without_predictions_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"No predictions in {tmp_path}.*keep_runs"):
        read_predictions(tmp_path)


def test_the_folder_is_kept_although_tfx_reloads_the_extractors(tmp_path: Path) -> None:
    with keeping_predictions(str(tmp_path)):
        importlib.reload(extractors)
        assert extractors.wanted_folder() == str(tmp_path)
    assert extractors.wanted_folder() is None
