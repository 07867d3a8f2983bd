"""What the audits look at is what the pipeline trains on.

`tests/audit` proves that no test label, later rating or own label reaches a feature. It
makes the features without TFX; here those of the real nodes are compared with them, bit for bit, so
that what is proved of the ones holds for the others.
"""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from audit.features import build, changed_features, ordered
from scoreboard.data.rated_movies import RatedMovies
from tests.support.finished_run import FinishedRun
from transform_module import features

pytestmark = pytest.mark.e2e


def differing(finished_run: FinishedRun, audited: Mapping[str, pa.Table]) -> dict[str, set[str]]:
    """Names of the features of which any row differs, by split."""
    return {
        split: changed_features(ordered(finished_run.transformed(split)), table)
        for split, table in audited.items()
    }


def test_every_feature_of_every_row_is_the_one_that_is_audited(
    finished_run: FinishedRun, rated: RatedMovies, tmp_path: Path
) -> None:
    audited = build(rated, tmp_path / "features")
    assert len(audited) == 4
    assert differing(finished_run, audited) == {split: set() for split in audited}
    rows = {split: len(table) for split, table in audited.items()}
    assert rows[features.SPLIT_CATALOGUE] == len(rated.movies.movie_ids)
    assert sum(rows.values()) == len(rated.rows) + len(rated.movies.movie_ids)


@pytest.mark.parametrize("finished_run", ["small_run"], indirect=True)
def test_features_made_in_another_way_are_told_apart(
    finished_run: FinishedRun, rated: RatedMovies, tmp_path: Path
) -> None:
    leaky = build(rated, tmp_path / "features", is_leaky=True)
    found = differing(finished_run, leaky)
    assert {features.MOVIE_AVG_RATING, features.USER_RATING_MEAN} <= found["train"] & found["test"]
