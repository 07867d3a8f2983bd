"""How slices are named: `user_activity=cold`, and `overall` for all rows."""

from typing import Final

from transform_module import features

OVERALL: Final = ""  # the slice feature, and value, of the slice of all rows

# Features of the user alone: a slice by one of them holds all rows of each of its users, so a
# ranking within it means something.
WHOLE_USER_FEATURES: Final = frozenset({OVERALL, features.USER_ACTIVITY})


def parse_slice(name: str) -> tuple[str, str]:
    """The feature and the value of a slice's name.

    Raises:
        ValueError: The name isn't of the form `feature=value`.

    >>> parse_slice("genres=Sci-Fi")
    ('genres', 'Sci-Fi')
    """
    feature, equals, value = name.partition("=")
    if not (feature and equals and value):
        raise ValueError(
            f"A slice should be named feature=value, as in 'user_activity=cold'. Received: {name!r}"
        )
    return feature, value


def slice_name(feature: str, value: str) -> str:
    """The name of a slice.

    >>> slice_name("user_activity", "cold"), slice_name("", "")
    ('user_activity=cold', 'overall')
    """
    return "overall" if feature == OVERALL else f"{feature}={value}"
