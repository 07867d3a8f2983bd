import doctest

import pytest

from components.evaluator import slices
from components.evaluator.slices import SLICINGS, WHOLE_USER_FEATURES, parse_slice, slice_name


def test_only_a_slicing_by_users_alone_holds_whole_users() -> None:
    assert {"", "user_activity"} == WHOLE_USER_FEATURES


def test_values_come_in_their_own_order_and_unknown_ones_last() -> None:
    values = ["unseen", "zzz", "popular", "aaa", "rare"]
    in_order = sorted(values, key=SLICINGS["movie_popularity"].place)
    assert in_order == ["unseen", "rare", "popular", "aaa", "zzz"]


@pytest.mark.parametrize("name", ["genres=Sci-Fi", "movie_popularity=rare"])
def test_a_slice_is_found_again_by_its_name(name: str) -> None:
    assert slice_name(*parse_slice(name)) == name


@pytest.mark.parametrize("name", ["cold", "=cold", "user_activity="])
def test_a_name_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=rf"feature=value.*Received: {name!r}"):
        parse_slice(name)


def test_the_documented_examples_hold() -> None:
    assert doctest.testmod(slices).failed == 0
