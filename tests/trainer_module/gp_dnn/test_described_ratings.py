"""What the head learns from: every rating, described without its own fold."""

from typing import get_args

import numpy as np
import pytest

from tests.support.small_catalogue import small_tables
from tests.support.small_ratings import random_ratings
from tests.support.world import small_config
from trainer_module.config import FoldsBy
from trainer_module.data.training_data import TrainingData
from trainer_module.gp_dnn.described_ratings import describe_ratings
from trainer_module.gp_dnn.title_vectors import TitleVectors
from transform_module import features

TRAIN, EVAL = random_ratings(30, 36, share=0.4), random_ratings(30, 40, share=0.05, seed=1)
MOVIES = small_tables(40).all_features()
TITLES = TitleVectors(MOVIES[features.TITLE_WORDS].numpy()[1:])


def described(train=TRAIN, evaluation=EVAL, **options):
    config = small_config("gp_dnn", **options)
    return describe_ratings(TrainingData(train, evaluation, list, list), MOVIES, TITLES, config)


@pytest.mark.parametrize("folds_by", get_args(FoldsBy))
def test_every_rating_is_described_once(folds_by):
    found = described(folds_by=folds_by)
    assert sorted(found.train.stars) == sorted(TRAIN.stars)
    np.testing.assert_array_equal(found.evaluation.stars, EVAL.stars)
    width = found.evaluation.inputs.shape[1]
    assert found.train.inputs.shape == (len(TRAIN), width)
    assert np.isfinite(found.train.inputs).all()


def test_what_serves_is_fitted_to_all_of_train():
    counts = np.bincount(TRAIN.rows, minlength=41)
    np.testing.assert_allclose(described().fitted.table.log_count, np.log1p(counts), rtol=1e-6)


def test_without_eval_there_is_nothing_to_be_judged_by():
    assert described(evaluation=None).evaluation is None


def test_of_too_many_rows_those_of_some_users_are_described_whole():
    most = len(TRAIN) // 3
    found = described(max_learned_rows=most)
    everything = described()
    assert 0 < len(found.train.stars) < len(TRAIN)
    kept = {row.tobytes() for row in found.train.inputs}
    assert kept < {row.tobytes() for row in everything.train.inputs}
    np.testing.assert_array_equal(found.evaluation.inputs, everything.evaluation.inputs)


def test_a_limit_that_leaves_nobody_is_said_to_do_so():
    with pytest.raises(ValueError, match=r"trainer.max_learned_rows leaves no user"):
        described(max_learned_rows=1)
