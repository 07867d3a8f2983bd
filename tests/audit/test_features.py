import numpy as np

from audit.features import keys_of, one_each, pair_keys
from audit.subject import Subject
from movielens.splits import EVAL, TEST, TRAIN
from transform_module import features


def test_features_are_of_every_rating_in_its_split_and_of_every_movie(honest: Subject) -> None:
    rated, tables = honest.rated, honest.tables
    for split, code in (("train", TRAIN), ("eval", EVAL), ("test", TEST)):
        rows = rated.rows[rated.codes == code]
        expected = np.sort(pair_keys(rows["user_id"], rows["movie_id"]))
        np.testing.assert_array_equal(keys_of(tables[split]), expected)
    assert len(tables["catalogue"]) == len(rated.movies)
    train = rated.rows[rated.codes == TRAIN]
    movies = one_each(tables["test"], features.MOVIE_ID)
    counts = one_each(tables["test"], features.MOVIE_RATING_COUNT)
    assert counts[0] == np.count_nonzero(train["movie_id"] == movies[0])
