import numpy as np

from scoreboard.peers.boosted_trees import read_columns
from tests.scoreboard.conftest import MeasuredCell
from transform_module import features


def test_features_are_read_in_the_order_of_the_ratings(leaky_cell: MeasuredCell) -> None:
    columns = read_columns(leaky_cell.data(), features.SPLIT_TEST)
    rows = leaky_cell.rated.shard().rows_of(features.SPLIT_TEST)
    np.testing.assert_array_equal(columns[features.RATING][:, 0], rows["rating"])
    assert len(np.unique(rows["rating"])) > 5  # so that another order would show
