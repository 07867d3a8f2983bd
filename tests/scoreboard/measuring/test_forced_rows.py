import numpy as np
import pytest
from numpy.typing import NDArray

from movielens.splits import TEST
from scoreboard.data.rated_movies import RatedMovies, split_ratings
from scoreboard.measuring.forced_rows import forced_rows
from scoreboard.protocols import PROTOCOLS
from tests.support.real_ratings import RatingsAndMovies


@pytest.fixture(scope="module")
def reference(default_ratings: RatingsAndMovies) -> RatedMovies:
    return split_ratings(*default_ratings, PROTOCOLS["reference"].ingest)


def forced_of(rated: RatedMovies, liked: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    rows = rated.rows
    liked = rows["rating"] >= 4 if liked is None else liked
    return forced_rows(rows["user_id"], rows["movie_id"], liked, rated.codes == TEST)


def test_the_default_data_force_3747_of_30605_test_labels(reference: RatedMovies) -> None:
    assert int(np.count_nonzero(reference.codes == TEST)) == 30_605
    assert int(forced_of(reference).sum()) == 3_747


def test_a_rule_on_ids_alone_knows_every_forced_label(reference: RatedMovies) -> None:
    """The label is that of the kind whose train part ends first."""
    forced = forced_of(reference)
    rows, trained = reference.rows, reference.codes != TEST
    liked = rows["rating"] >= 4
    for row in np.flatnonzero(forced)[::37]:
        own = trained & (rows["user_id"] == rows["user_id"][row])
        last = [rows["movie_id"][own & (liked == kind)].max(initial=-1) for kind in (True, False)]
        assert liked[row] == (last[0] < last[1])


def test_eval_rows_count_as_train_of_which_they_are_carved(reference: RatedMovies) -> None:
    assert not forced_of(reference)[reference.codes != TEST].any()
