"""Builds configuration dataclasses from plain mappings, strictly.

Every key has to be a field's name and every value of the field's type; what is wrong is named with
the dotted key that it stands under and, for a misspelt key, the closest valid one.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from pipeline.errors import UsageError

Section = TypeVar("Section")
_PLAIN_NAMES: Final[Mapping[type, str]] = {str: "text", bool: "true or false"}


def build_section(section_type: type[Section], values: Mapping[str, Any], path: str) -> Section:
    """Makes a dataclass of a mapping.

    Args:
        section_type: a dataclass that checks itself on construction with `ValueError`.
        values: field name to value; tables for fields that are dataclasses themselves.
        path: where the mapping stands, for messages: `trainer`.

    Returns:
        The dataclass; fields that `values` lacks have their defaults.

    Raises:
        UsageError: an unknown key, a value of another type, a missing key that has no default, or a
            value that the dataclass refuses.
    """
    fields = {f.name: f for f in dataclasses.fields(section_type) if f.init}  # type: ignore[arg-type]
    for key in values:
        if key not in fields:
            raise UsageError(_unknown_key(key, path, list(fields)))
    hints = typing.get_type_hints(section_type)
    built = {key: _convert(value, hints[key], _join(path, key)) for key, value in values.items()}
    try:
        return section_type(**built)
    except (TypeError, ValueError) as error:
        raise UsageError(f"configuration section [{path}]: {error}") from error


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Lays `override` over `base`, table by table.

    >>> merge({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}, "b": 4})
    {'a': {'x': 1, 'y': 3}, 'b': 4}
    """
    merged = dict(base)
    for key, value in override.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged


def _unknown_key(key: str, path: str, valid: list[str]) -> str:
    dotted = _join(path, key)
    close = get_close_matches(key, valid, n=1)
    remedy = (
        f"did you mean `{_join(path, close[0])}`?"
        if close
        else f"valid keys: {', '.join(sorted(valid))}"
    )
    return f"unknown configuration key `{dotted}`; {remedy}"


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _convert(value: Any, hint: Any, path: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return build_section(typing.cast(type, hint), value, path)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (hint,) = (each for each in arguments if each is not types.NoneType)
        return None if value is None else _convert(value, hint, path)
    if origin is typing.Literal:
        return _require(value in arguments, value, f"one of {', '.join(arguments)}", path)
    if origin is tuple:
        items = _require(isinstance(value, list | tuple), value, "a list", path)
        return tuple(_convert(each, arguments[0], f"{path}[{i}]") for i, each in enumerate(items))
    if origin is not None:
        table = _require(isinstance(value, Mapping), value, "a table", path)
        return {key: _convert(each, arguments[-1], f"{path}.{key}") for key, each in table.items()}
    if dataclasses.is_dataclass(hint):
        return _require(False, value, "a table", path)
    return _convert_plain(value, hint, path)


def _convert_plain(value: Any, hint: type, path: str) -> Any:
    is_switch = isinstance(value, bool)  # to Python a bool is an int; to a user it is not
    if hint is float:
        return float(
            _require(isinstance(value, int | float) and not is_switch, value, "a number", path)
        )
    if hint is int:
        return _require(isinstance(value, int) and not is_switch, value, "a whole number", path)
    return _require(isinstance(value, hint), value, _PLAIN_NAMES.get(hint, hint.__name__), path)


def _require(fits: bool, value: Any, expected: str, path: str) -> Any:
    if not fits:
        raise UsageError(f"configuration key `{path}` should be {expected}. Received: {value!r}")
    return value
