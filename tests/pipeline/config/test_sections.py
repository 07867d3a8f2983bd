from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pytest

from pipeline.config.sections import build_section, merge
from pipeline.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Inner:
    rate: float = 0.1
    sizes: tuple[int, ...] = (1,)
    bounds: Mapping[str, float] = field(default_factory=dict)
    mode: Literal["fast", "exact"] = "fast"
    folder: str | None = None
    quick: bool = False

    def __post_init__(self) -> None:
        if self.rate < 0:
            raise ValueError(f"rate should be positive. Received: {self.rate}")


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner = field(default_factory=Inner)
    count: int = 3


def test_missing_keys_keep_their_defaults() -> None:
    assert build_section(Outer, {"count": 4}, "") == Outer(count=4)


def test_values_are_converted_to_the_types_of_the_fields() -> None:
    values = {"inner": {"rate": 1, "sizes": [2, 3], "bounds": {"rmse": 1}, "folder": "x"}}
    built = build_section(Outer, values, "").inner
    assert built == Inner(rate=1.0, sizes=(2, 3), bounds={"rmse": 1.0}, folder="x")
    assert isinstance(built.rate, float)
    assert isinstance(built.bounds["rmse"], float)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"iner": {}}, r"unknown configuration key `iner`; did you mean `inner`\?"),
        ({"inner": {"rat": 1}}, r"`inner\.rat`; did you mean `inner\.rate`\?"),
        ({"inner": {"zzz": 1}}, r"`inner\.zzz`; valid keys: bounds, folder, mode, quick, rate"),
        ({"inner": {"rate": "x"}}, r"`inner\.rate` should be a number\. Received: 'x'"),
        ({"inner": {"rate": True}}, r"`inner\.rate` should be a number\. Received: True"),
        ({"count": 1.5}, r"`count` should be a whole number\. Received: 1\.5"),
        ({"count": True}, r"`count` should be a whole number\. Received: True"),
        ({"inner": {"sizes": 3}}, r"`inner\.sizes` should be a list\. Received: 3"),
        ({"inner": {"sizes": [1, "b"]}}, r"`inner\.sizes\[1\]` should be a whole number.*'b'"),
        ({"inner": {"bounds": 3}}, r"`inner\.bounds` should be a table\. Received: 3"),
        ({"inner": {"bounds": {"a": "b"}}}, r"`inner\.bounds\.a` should be a number.*'b'"),
        ({"inner": {"mode": "slow"}}, r"`inner\.mode` should be one of fast, exact.*'slow'"),
        ({"inner": {"folder": 3}}, r"`inner\.folder` should be text\. Received: 3"),
        ({"inner": {"quick": 1}}, r"`inner\.quick` should be true or false\. Received: 1"),
        ({"inner": 3}, r"`inner` should be a table\. Received: 3"),
        ({"inner": {"rate": -1}}, r"section \[inner\]: rate should be positive\. Received: -1"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build_section(Outer, values, "")


def test_later_tables_are_laid_over_earlier_ones_key_by_key() -> None:
    base = {"a": {"x": 1, "y": 2}, "b": 3}
    assert merge(base, {"a": {"y": 4}}) == {"a": {"x": 1, "y": 4}, "b": 3}
    assert base == {"a": {"x": 1, "y": 2}, "b": 3}
