"""The base of every section of the configuration, and types of their options."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict
from pydantic_core import CoreSchema, core_schema

_MOST: Final = 1_000_000_000

T = TypeVar("T")


class Section(BaseModel):
    """A table of the configuration: frozen, without other keys than its fields.

    Values are not converted: neither `True` nor `"5"` is a number. But a whole number is accepted
    as a float, and a list as a tuple. pydantic.ValidationError is a ValueError.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        defer_build=True,  # built when first used: `movielens --help` uses none
    )

    def replace(self, **changes: Any) -> Self:
        """Returns a copy with other values, checked as they would be in a new one."""
        return self.model_validate({**dict(self), **changes})


@dataclass(frozen=True)
class OneOf:
    """Marks text that must be one of some names; for names that a `Literal` cannot spell out."""

    names: Sequence[str]

    def __get_pydantic_core_schema__(self, *_: Any) -> CoreSchema:
        """Tells pydantic how to check the text."""
        return core_schema.literal_schema(list(self.names))


def matching(pattern: str, expected: str) -> Any:
    """Marks text that must match a regular expression (of Rust's `regex`) as a whole.

    Error messages and the reference page call such a text `expected`.
    """
    return Field(pattern=f"^(?s:{pattern})$", json_schema_extra={"expected": expected})


def _refuse_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("should not be blank")
    return text


Count: TypeAlias = Annotated[int, Field(ge=1, le=_MOST)]
Seed: TypeAlias = Annotated[int, Field(ge=0, le=2**31 - 1)]
Share: TypeAlias = Annotated[float, Field(ge=0, lt=1)]
Positive: TypeAlias = Annotated[float, Field(gt=0)]
FilledText: TypeAlias = Annotated[str, AfterValidator(_refuse_blank)]
ListOf: TypeAlias = Annotated[tuple[T, ...], Strict(False)]
