"""The ways to slice the test ratings, one object each; add one here.

A slice is called `slicing=value`, such as `user_activity=cold`, and `overall` if it holds all rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from transform_module import features

OVERALL: Final = ""  # the slicing whose one slice holds all rows


@dataclass(frozen=True, kw_only=True)
class Slicing:
    """One way to slice the test ratings."""

    name: str  # the feature, raw or transformed, whose value the rows of a slice share
    order: tuple[str, ...] = ()  # values in an order of their own; all others are sorted by name
    # Whether the feature is one of the user alone. A slice then holds all rows of each of its
    # users, so that a ranking within it means something.
    has_whole_users: bool = False
    has_one_value: bool = False  # whether each row has exactly one value

    def place(self, value: str) -> tuple[int, str]:
        """Returns the key by which the slice of a value is sorted."""
        return self.order.index(value) if value in self.order else len(self.order), value


SLICINGS: Final[Mapping[str, Slicing]] = {
    slicing.name: slicing
    for slicing in (
        Slicing(name=OVERALL, has_whole_users=True),
        Slicing(name=features.GENRES),
        Slicing(
            name=features.USER_ACTIVITY,
            order=tuple(features.ACTIVITY_FLOORS),
            has_whole_users=True,
            has_one_value=True,
        ),
        Slicing(
            name=features.MOVIE_POPULARITY,
            order=tuple(features.POPULARITY_FLOORS),
            has_one_value=True,
        ),
        Slicing(name=features.RELEASE_DECADE, has_one_value=True),
    )
}
# The slicings on which rankings are measured.
WHOLE_USER_FEATURES: Final = frozenset(
    slicing.name for slicing in SLICINGS.values() if slicing.has_whole_users
)


def slicing_of(name: str) -> Slicing:
    """Returns the slicing of a name in `slice_by`; an unlisted name is taken as a feature's."""
    return SLICINGS.get(name, Slicing(name=name))


def slice_name(slicing: str, value: str) -> str:
    """Returns the name of a slice.

    >>> slice_name("user_activity", "cold"), slice_name("", "")
    ('user_activity=cold', 'overall')
    """
    return "overall" if slicing == OVERALL else f"{slicing}={value}"


def parse_slice(name: str) -> tuple[str, str]:
    """Returns the slicing and the value of a slice's name; a ValueError if it is no such name.

    >>> parse_slice("genres=Sci-Fi")
    ('genres', 'Sci-Fi')
    """
    slicing, equals, value = name.partition("=")
    if not (slicing and equals and value):
        raise ValueError(
            f"A slice should be named feature=value, as in 'user_activity=cold'. Received: {name!r}"
        )
    return slicing, value
