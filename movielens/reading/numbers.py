"""The one grammar of numbers in the data files.

A whole number is digits, with a minus sign or without. Other forms that Python, C or Arrow take
(`+4`, `0x1`, `1_000`, `4.0`) are refused, because two readers of a file must not differ on it.
"""

import re
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_WHOLE: Final = r"^(-?[0-9]{1,18}|[0-9]{19})$"
_LARGEST: Final = str(np.iinfo(np.int64).max)  # 19 digits
_DECIMAL: Final = r"^-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$"


def whole_numbers(texts: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Reads whole numbers of up to 18 digits, and positive ones up to the largest int64.

    Returns the numbers [n], 0 for other texts; and which texts [n] are numbers. There are no blanks
    around the texts.

    >>> whole_numbers(pa.array(["7", "+4", "0x1", "9223372036854775808"]))[0].tolist()
    [7, 0, 0, 0]
    """
    # Texts of 19 digits compare as their numbers do.
    fits = pc.or_(pc.less(pc.utf8_length(texts), 19), pc.less_equal(texts, _LARGEST))
    is_number = pc.and_(pc.match_substring_regex(texts, _WHOLE), fits)
    numbers = pc.cast(pc.if_else(is_number, texts, "0"), pa.int64())
    return np.asarray(numbers), np.asarray(is_number)


def whole_number(text: str) -> int | None:
    """Reads one whole number, as `whole_numbers` does; None if the text is none."""
    is_number = re.fullmatch(_WHOLE, text) and (len(text) < 19 or text <= _LARGEST)
    return int(text) if is_number else None


def decimal_numbers(texts: pa.Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Reads decimal numbers, such as `4`, `4.5`, `.5` and `45e-1`, as `whole_numbers` does."""
    is_number = pc.match_substring_regex(texts, _DECIMAL)
    numbers = pc.cast(pc.if_else(is_number, texts, "0"), pa.float64())
    return np.asarray(numbers), np.asarray(is_number)
