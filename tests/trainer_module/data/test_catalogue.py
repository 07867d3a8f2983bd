import numpy as np
import pytest

from tests.support.world import MOVIES, UNRATED_MOVIE, DataAccessor, World
from trainer_module.data.catalogue import Catalogue
from trainer_module.data.input_data import RawExamples
from trainer_module.data.transform_graph import TransformGraph
from transform_module import features


@pytest.fixture(scope="module")
def catalogue(world: World) -> Catalogue:
    graph = TransformGraph(world.output, max_history=1)
    return RawExamples(DataAccessor(), graph).catalogue(world.files("catalogue"))


def test_every_movie_of_the_input_is_in_it_in_the_order_of_ids(catalogue: Catalogue) -> None:
    assert catalogue.movie_ids.tolist() == [movie * 10 for movie in range(MOVIES + 1)]
    assert catalogue.titles[3] == b"Movie 3 (1983)"


def test_an_unrated_movie_has_metadata_and_no_index(catalogue: Catalogue) -> None:
    assert catalogue.columns[features.MOVIE_INDEX][UNRATED_MOVIE] == 0
    assert catalogue.columns[features.MOVIE_RATING_COUNT][UNRATED_MOVIE] == 0
    assert catalogue.columns[features.GENRE_INDICES][UNRATED_MOVIE, 0] == UNRATED_MOVIE % 5


def test_counts_are_those_of_train(catalogue: Catalogue, world: World) -> None:
    rated = [row[features.MOVIE_ID][0] for row in world.splits["train"]]
    expected = [rated.count(movie_id) for movie_id in catalogue.movie_ids]
    assert catalogue.columns[features.MOVIE_RATING_COUNT].tolist() == expected


def test_an_empty_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match="catalogue is empty"):
        Catalogue.from_columns({features.MOVIE_ID: np.zeros(0)})


def test_a_repeated_movie_is_named() -> None:
    with pytest.raises(ValueError, match=r"more than once.*\[7\]"):
        Catalogue.from_columns({features.MOVIE_ID: np.array([7, 3, 7])})
