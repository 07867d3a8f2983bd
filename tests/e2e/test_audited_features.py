"""What the audits look at is what the pipeline trains on.

`tests/benchmarks/audit` proves on the same ratings that no test label, later rating or own label
reaches a feature. It makes the features without TFX; here those of the real nodes are compared with
them, bit for bit, so that what is proved of the ones holds for the others.
"""

import pytest

from benchmarks.audit.features import Recipe, build, changed_features, ordered
from benchmarks.scoreboard.protocols import PROTOCOLS
from benchmarks.scoreboard.rated_movies import read_ratings, split_ratings
from transform_module import features

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def rated(default_run):
    ratings = read_ratings(default_run.output / "data" / "default")
    return split_ratings(*ratings, PROTOCOLS["temporal"].ingest)


def differing(default_run, audited):
    """Names of the features of which any row differs, by split."""
    return {
        split: changed_features(ordered(default_run.transformed(split)), table)
        for split, table in audited.items()
    }


def test_every_feature_of_every_row_is_the_one_that_is_audited(default_run, rated, tmp_path):
    audited = build(rated, Recipe(), tmp_path / "features")
    assert {split: len(table) for split, table in audited.items()} == {
        "train": 71_992,
        "eval": 8_009,
        "test": 20_003,
        "catalogue": 9_066,
    }
    assert differing(default_run, audited) == {split: set() for split in audited}


def test_features_made_in_another_way_are_told_apart(default_run, rated, tmp_path):
    leaky = build(rated, Recipe(analysed=features.RATING_SPLITS), tmp_path / "features")
    found = differing(default_run, leaky)
    assert {features.MOVIE_AVG_RATING, features.USER_RATING_MEAN} <= found["train"] & found["test"]
