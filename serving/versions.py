"""What a model server takes for a version: any name that is a 64-bit number."""

import re
from typing import Final

MAX_VERSION: Final = 2**63 - 1
_NUMBER: Final = re.compile(r"\s*[+-]?[0-9]+\s*", re.ASCII)


def version_number(name: str) -> int | None:
    """The version that a file name stands for, or None; leading zeros are accepted.

    >>> version_number("00000123"), version_number("123.tmp")
    (123, None)
    """
    if not _NUMBER.fullmatch(name):
        return None
    number = int(name)
    return number if -MAX_VERSION - 1 <= number <= MAX_VERSION else None
