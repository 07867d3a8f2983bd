from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import Field, ValidationError, field_validator, model_validator

from movielens.section import Count, ListOf, OneOf, Section, Share, matching
from pipeline.config.messages import one_line


class Inner(Section):
    rate: Share = 0.1
    sizes: ListOf[Count] = (1,)
    bounds: Mapping[Annotated[str, OneOf(("rmse", "mae"))], float] = {}
    mode: Literal["fast", "exact"] = "fast"
    folder: str | None = None
    quick: bool = False
    cpu: Annotated[str, matching("[0-9]+m", "cores, such as `500m`")] = "1m"

    @field_validator("folder")
    @classmethod
    def _refuse_home(cls, folder: str) -> str:
        if folder == "home":
            raise ValueError("should be another folder")
        return folder

    @model_validator(mode="after")
    def _refuse_both(self) -> Self:
        if self.quick and self.mode == "exact":
            raise ValueError("quick goes with mode = 'fast'")
        return self


class Outer(Section):
    inner: Inner = Inner()
    by_name: Mapping[str, Inner] = {}
    count: Annotated[int, Field(ge=1, le=2_000)] = 3
    limit: Annotated[float, Field(gt=0)] | None = None


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"iner": {}}, "unknown configuration key `iner`; did you mean `inner`?"),
        (
            {"inner": {"rat": 1}},
            "unknown configuration key `inner.rat`; did you mean `inner.rate`?",
        ),
        (
            {"inner": {"zzz": 1}},
            "unknown configuration key `inner.zzz`; valid keys: bounds, cpu, folder, mode, quick, "
            "rate, sizes",
        ),
        (
            {"inner": {"bounds": {"rsme": 1}}},
            "unknown configuration key `inner.bounds.rsme`; did you mean `inner.bounds.rmse`?",
        ),
        (
            {"by_name": {"a=b": {"rtae": 1}}},
            'unknown configuration key `by_name."a=b".rtae`; did you mean `by_name."a=b".rate`?',
        ),
        (
            {"inner": {"quick": True, "mode": "exact"}},
            "configuration section [inner]: quick goes with mode = 'fast'",
        ),
        (
            {"inner": {"folder": "home"}},
            "configuration key `inner.folder` should be another folder. Received: 'home'",
        ),
    ],
)
def test_a_mistake_is_one_line(values: dict[str, Any], line: str) -> None:
    assert message(values) == line


@pytest.mark.parametrize(
    ("values", "key", "expected"),
    [
        ({"inner": {"rate": "x"}}, "inner.rate", "a number of at least 0 and below 1"),
        ({"inner": {"rate": True}}, "inner.rate", "a number of at least 0 and below 1"),
        ({"inner": {"rate": 1}}, "inner.rate", "a number of at least 0 and below 1"),
        ({"limit": 0}, "limit", "a number above 0"),
        ({"limit": -0.0}, "limit", "a number above 0"),
        ({"limit": float("nan")}, "limit", "a finite number above 0"),
        ({"limit": float("-inf")}, "limit", "a finite number above 0"),
        ({"count": 1.5}, "count", "a whole number from 1 to 2,000"),
        ({"count": True}, "count", "a whole number from 1 to 2,000"),
        ({"count": 10**30}, "count", "a whole number from 1 to 2,000"),
        ({"count": {"a": 1}}, "count", "a whole number from 1 to 2,000"),
        ({"inner": {"sizes": 3}}, "inner.sizes", "a list, each entry a whole number from 1 to "),
        ({"inner": {"sizes": [1, "b"]}}, "inner.sizes[1]", "a whole number from 1 to "),
        ({"inner": {"bounds": 3}}, "inner.bounds", "a table, each key one of rmse, mae, each val"),
        ({"inner": {"bounds": {"mae": "b"}}}, "inner.bounds.mae", "a number. "),
        ({"inner": {"mode": "slow"}}, "inner.mode", "one of fast, exact. Received: 'slow'"),
        ({"inner": {"folder": 3}}, "inner.folder", "text. Received: 3"),
        ({"inner": {"quick": 1}}, "inner.quick", "true or false. Received: 1"),
        ({"inner": {"cpu": "two"}}, "inner.cpu", "cores, such as `500m`. Received: 'two'"),
        ({"inner": 3}, "inner", "a table. Received: 3"),
        ({"by_name": {"x": 3}}, "by_name.x", "a table. Received: 3"),
    ],
)
def test_a_wrong_value_is_told_what_it_should_be(
    values: dict[str, Any], key: str, expected: str
) -> None:
    assert message(values).startswith(f"configuration key `{key}` should be {expected}")


def test_what_is_too_long_to_quote_is_cut() -> None:
    assert message({"count": "x" * 300}).endswith(f"Received: '{'x' * 199}…")
    assert message({"count": 16**5000}).endswith("Received: a number of thousands of digits")


def message(values: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(values)
    return one_line(caught.value, Outer.model_json_schema())
