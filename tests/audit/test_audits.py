"""Every audit passes the pipeline's own features and finds the leak that it is there to find."""

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from audit.audits import (
    AUDITS,
    eval_not_trained_on,
    future_invariance,
    histories,
    label_invariance,
    own_label,
)
from audit.subject import Subject
from components.movielens_example_gen.shards import SplitShard
from movielens.histories import Histories, HistoryIndex
from movielens.splits import EVAL, TRAIN
from scoreboard.data.rated_movies import RatedMovies
from tests.audit.planting import learning_from


class SeesAll:
    """A history index that lets every row see all other ratings of its user."""

    def __init__(self, index: HistoryIndex) -> None:
        self._index = index

    def gather(self, rows: NDArray[np.int64], _: int) -> Histories:
        return self._index.gather(rows, TRAIN)


class LeakyHistories(RatedMovies):
    """Plants test movies in the histories, as the slides' notebook does."""

    def shard(self) -> SplitShard:
        everything_is_train = dataclasses.replace(self, codes=np.full(len(self.codes), TRAIN))
        index = RatedMovies.shard(everything_is_train).history_index
        return dataclasses.replace(super().shard(), history_index=SeesAll(index))  # type: ignore[arg-type]


@pytest.mark.parametrize("audit", AUDITS)
def test_the_pipeline_s_own_features_pass(honest: Subject, audit: str) -> None:
    assert AUDITS[audit](honest) == []


@pytest.fixture(scope="module")
def leaky(rated: RatedMovies, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """Several leaks at once; each is found by its name."""
    ratings = LeakyHistories(rated.rows, rated.codes, rated.movies, rated.ingest)
    return Subject.prepare(ratings, tmp_path_factory.mktemp("leaky"), is_leaky=True)


def test_an_aggregate_over_all_rows_is_found(leaky: Subject) -> None:
    found = label_invariance(leaky)
    assert "train: movie_avg_rating changed" in found
    assert "test: user_rating_mean changed" in found


def test_a_vocabulary_and_moments_from_test_are_found(leaky: Subject) -> None:
    found = future_invariance(leaky)
    assert "catalogue: movie_index changed" in found  # the vocabulary
    assert "train: year changed" in found  # the moments


def test_a_test_movie_in_a_history_is_found(leaky: Subject) -> None:
    found = histories(leaky)
    assert len(found) == 2  # in eval and in test
    assert all("test ratings in histories" in line for line in found)
    assert "test: history_ratings changed" in label_invariance(leaky)


def test_a_test_movie_in_the_history_of_a_train_row_is_found(honest: Subject) -> None:
    (found,) = histories(learning_from(honest, "train", "test"))
    assert found.startswith("train: ")
    assert found.endswith(" test ratings in histories")


def test_a_row_s_own_label_in_its_aggregates_is_found(leaky: Subject) -> None:
    found = own_label(leaky)
    assert "train: movie_avg_rating_oof changed" in found
    assert "train: user_rating_mean_oof changed" in found


def test_eval_labels_in_the_aggregates_are_found(leaky: Subject) -> None:
    assert "train: movie_avg_rating_oof changed" in eval_not_trained_on(leaky)


def test_eval_rows_among_those_of_train_are_found(honest: Subject) -> None:
    evals = np.count_nonzero(honest.rated.codes == EVAL)
    found = eval_not_trained_on(learning_from(honest, "train", "eval"))
    assert f"{evals} eval and test ratings are among the train rows" in found
