"""A protocol's data without TFX are the data that the pipeline's own steps make."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from movielens.config import IngestConfig, SplitName
from movielens.splits import EVAL, TEST, TRAIN
from scoreboard.data import protocol_data
from scoreboard.data.protocol_data import prepare
from scoreboard.data.rated_movies import RatedMovies, read_ratings, split_ratings
from scoreboard.protocols import PROTOCOLS
from tests.scoreboard.conftest import MeasuredCell
from tests.support.real_ratings import RatingsAndMovies
from tests.support.transformed import read_table
from transform_module import features


@pytest.mark.parametrize(
    ("protocol", "split"),
    [
        ("temporal", "temporal"),
        ("random", "random"),
        ("reference", "reference"),
        ("reference-leaky", "reference"),
    ],
)
def test_splits_are_those_of_the_protocols(protocol: str, split: SplitName) -> None:
    assert PROTOCOLS[protocol].ingest == IngestConfig(split=split)


def test_ratings_are_read_as_the_parsers_give_them(
    default_folder: Path, default_ratings: RatingsAndMovies
) -> None:
    rows, movies = read_ratings(default_folder)
    np.testing.assert_array_equal(rows, default_ratings[0])
    assert movies.titles.equals(default_ratings[1].titles)


def test_the_leaky_protocol_counts_every_rating_and_trains_on_what_it_tests_on(
    leaky_cell: MeasuredCell,
) -> None:
    data = leaky_cell.data()
    test = read_table(data.graph_path, tf.io.gfile.glob(data.transformed_files("test")))
    movie, count = (
        test[name].combine_chunks().flatten()[0].as_py()
        for name in (features.MOVIE_ID, features.MOVIE_RATING_COUNT)
    )
    assert count == np.count_nonzero(leaky_cell.rated.rows["movie_id"] == movie)
    for name in features.AGGREGATES:
        assert test[name].equals(test[features.out_of_fold(name)])


def test_the_raw_examples_are_those_of_every_test_rating(leaky_cell: MeasuredCell) -> None:
    written = sum(len(batch.numpy()) for batch in leaky_cell.data().raw_test_examples())
    assert written == np.count_nonzero(leaky_cell.rated.codes == TEST)


def test_prepared_data_are_reused_until_the_ratings_change(
    few_ratings: RatingsAndMovies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def make(
        _: RatedMovies, folder: Path, *, is_leaky: bool
    ) -> dict[str, Iterator[pa.RecordBatch]]:
        made.append((folder, is_leaky))
        years = pa.array([[1995.0]], pa.list_(pa.float32()))
        return {"train": iter([pa.record_batch({"year": years})])}

    monkeypatch.setattr(protocol_data, "transformed_splits", make)
    protocol = PROTOCOLS["reference"]
    rated = split_ratings(*few_ratings, protocol.ingest)
    first = prepare(protocol, rated, tmp_path)
    assert prepare(protocol, rated, tmp_path) == first
    assert len(made) == 1
    assert sorted(each.name for each in first.folder.iterdir()) == ["Split-train", "raw_test"]
    other = dataclasses.replace(rated, codes=np.where(rated.codes == EVAL, TRAIN, rated.codes))
    assert prepare(protocol, other, tmp_path).folder != first.folder
    assert len(made) == 2
    assert not first.folder.exists()
