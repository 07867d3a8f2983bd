from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from trainer_module.data.ratings import COLUMNS, Ratings

CATALOGUE = np.array([10, 20, 30])


def columns(*rows: tuple[int, int, float, int]) -> dict[str, NDArray[Any]]:
    """Rows of user, movie id, stars and second, as the columns that are read from disk."""
    values = np.array(rows, np.float64).reshape(-1, 4).T
    types = (np.int64, np.int64, np.float32, np.int64)
    return {
        name: value.astype(kind) for name, value, kind in zip(COLUMNS, values, types, strict=True)
    }


def plain(ratings: Ratings) -> list[tuple[int, int, float, int]]:
    return [
        tuple(row)
        for row in zip(
            ratings.user_ids.tolist(),
            ratings.rows.tolist(),
            ratings.stars.tolist(),
            ratings.timestamps.tolist(),
            strict=True,
        )
    ]


MIXED = [(2, 30, 4.5, 7), (1, 20, 1.0, 9), (1, 10, 5.0, 9), (1, 30, 2.0, 3)]


def test_ratings_come_by_user_then_time_then_movie() -> None:
    ratings = Ratings.from_columns(columns(*MIXED), CATALOGUE)
    assert plain(ratings) == [(1, 3, 2.0, 3), (1, 1, 5.0, 9), (1, 2, 1.0, 9), (2, 3, 4.5, 7)]
    assert ratings.movie_ids.tolist() == [30, 10, 20, 30]
    assert ratings.stars.dtype == np.float64


@pytest.mark.parametrize("order", [[3, 2, 1, 0], [1, 3, 0, 2]])
def test_the_order_on_disk_does_not_matter(order: list[int]) -> None:
    shuffled = Ratings.from_columns(columns(*(MIXED[place] for place in order)), CATALOGUE)
    assert plain(shuffled) == plain(Ratings.from_columns(columns(*MIXED), CATALOGUE))


@pytest.mark.parametrize("movie", [5, 25, 35, -1])
def test_a_movie_that_the_catalogue_lacks_is_named(movie: int) -> None:
    with pytest.raises(ValueError, match=rf"the catalogue lacks: \[{movie}\].*'catalogue'"):
        Ratings.from_columns(columns(*MIXED, (1, movie, 3.0, 4)), CATALOGUE)


def test_parts_are_joined_in_order() -> None:
    parts = [Ratings.from_columns(columns(*part), CATALOGUE) for part in (MIXED[:2], MIXED[2:])]
    expected = plain(Ratings.from_columns(columns(*MIXED), CATALOGUE))
    assert plain(Ratings.concatenated(parts)) == expected
    assert plain(Ratings.concatenated(reversed(parts))) == expected


def test_a_choice_by_mask_or_place_keeps_all_columns_together() -> None:
    ratings = Ratings.from_columns(columns(*MIXED), CATALOGUE)
    assert plain(ratings.at(ratings.stars > 3)) == [(1, 1, 5.0, 9), (2, 3, 4.5, 7)]
    assert plain(ratings.at(np.array([3, 0]))) == [(2, 3, 4.5, 7), (1, 3, 2.0, 3)]
    assert len(ratings.at(np.zeros(4, bool))) == 0


def test_users_are_numbered_from_zero_in_the_order_of_their_ids() -> None:
    rows = [(9, 10, 3.0, 1), (4, 10, 3.0, 1), (9, 20, 3.0, 2)]
    users, codes = Ratings.from_columns(columns(*rows), CATALOGUE).codes()
    assert users.tolist() == [4, 9]
    assert codes.tolist() == [0, 1, 1]


def test_no_ratings_are_ratings_too() -> None:
    assert len(Ratings.from_columns(columns(), CATALOGUE)) == 0
