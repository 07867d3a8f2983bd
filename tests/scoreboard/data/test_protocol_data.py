"""A protocol's data without TFX are the data that the pipeline's own steps make."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_transform as tft

from movielens.config import IngestConfig, SplitName
from movielens.splits import EVAL, TEST, TRAIN
from scoreboard.data import protocol_data
from scoreboard.data.protocol_data import prepare
from scoreboard.data.rated_movies import read_ratings, split_ratings
from scoreboard.data.transforming import graph_function
from scoreboard.protocols import PROTOCOLS
from tests.scoreboard.conftest import MeasuredCell
from tests.support.real_ratings import RatingsAndMovies
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
    transform = graph_function(tft.TFTransformOutput(data.graph_path))
    test = transform(next(data.examples("test")).numpy())
    movie, count = (
        test[name].flatten()[0].as_py() for name in (features.MOVIE_ID, features.MOVIE_RATING_COUNT)
    )
    assert count == np.count_nonzero(leaky_cell.rated.rows["movie_id"] == movie)
    for name in features.AGGREGATES:
        assert test[name].equals(test[features.out_of_fold(name)])


def test_the_test_examples_are_those_of_every_test_rating(leaky_cell: MeasuredCell) -> None:
    written = sum(len(batch.numpy()) for batch in leaky_cell.data().examples("test"))
    assert written == np.count_nonzero(leaky_cell.rated.codes == TEST)


def test_prepared_data_are_reused_until_the_ratings_change(
    few_ratings: RatingsAndMovies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def fit(_: Any, folder: Path, *, is_leaky: bool) -> None:
        made.append((folder, is_leaky))

    monkeypatch.setattr(protocol_data, "fit_to_splits", fit)
    protocol = PROTOCOLS["reference"]
    rated = split_ratings(*few_ratings, protocol.ingest)
    first = prepare(protocol, rated, tmp_path)
    assert prepare(protocol, rated, tmp_path) == first
    assert len(made) == 1
    assert sorted(each.name for each in first.folder.iterdir()) == [
        f"Split-{split}" for split in ("catalogue", "eval", "test", "train")
    ]
    other = dataclasses.replace(rated, codes=np.where(rated.codes == EVAL, TRAIN, rated.codes))
    assert prepare(protocol, other, tmp_path).folder != first.folder
    assert len(made) == 2
    assert not first.folder.exists()
