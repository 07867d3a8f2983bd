"""What an option of the configuration should be, in words, from the models' JSON schema."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

Schema: TypeAlias = Mapping[str, Any]
KeyPath: TypeAlias = Sequence[str | int]

_BARE_KEY: Final = re.compile("[A-Za-z0-9_-]+")
_PLAIN_NAMES: Final = {"boolean": "true or false", "string": "text"}


def dotted(path: KeyPath) -> str:
    """Writes a path as TOML does.

    >>> dotted(["evaluator", "slice_bounds", "genres=War", "rmse"])
    'evaluator.slice_bounds."genres=War".rmse'
    >>> dotted(["trainer", "hidden_units", 1])
    'trainer.hidden_units[1]'
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{_key(step)}" for step in path)
    return text.removeprefix(".")


def option_at(path: KeyPath, root: Schema) -> Schema:
    """Returns the schema of what stands at a path below `root`.

    Raises:
        KeyError: the path leads to no option.
    """
    node = root
    for step in path:
        if isinstance(step, int):
            node = node["items"]
        else:
            node = node.get("properties", {}).get(step) or node["additionalProperties"]
        node = _resolved(node, root)
    return node


def valid_keys(table: Schema) -> list[str]:
    """Returns the keys that a table may have; none if they are free."""
    return [*table.get("properties", {}), *_choices(table.get("propertyNames", {}))]


def expected(option: Schema, root: Schema) -> str:
    """Says what an option should be.

    >>> expected({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, {})
    'a number of at least 0 and below 1'
    >>> expected({"type": "array", "items": {"enum": ["mf", "bias"]}}, {})
    'a list, each entry one of mf, bias'
    """
    option = _resolved(option, root)
    kind = option.get("type")
    if choices := _choices(option):
        return f"{'one of ' if len(choices) > 1 else ''}{', '.join(choices)}"
    if "expected" in option:
        return str(option["expected"])
    if kind == "array":
        return f"a list, each entry {expected(option['items'], root)}"
    if kind == "object":
        return _table(option, root)
    return _PLAIN_NAMES.get(str(kind)) or _number(option)


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _table(option: Schema, root: Schema) -> str:
    if "properties" in option:
        return "a table"
    names = ", ".join(valid_keys(option))
    keys = f", each key one of {names}" if names else ""
    return f"a table{keys}, each value {expected(option['additionalProperties'], root)}"


def _resolved(option: Schema, root: Schema) -> Schema:
    """Follows a reference, and takes out of an optional value that which is not null."""
    if "anyOf" in option:
        (option,) = (each for each in option["anyOf"] if each.get("type") != "null")
    if "$ref" in option:
        return dict(root["$defs"][option["$ref"].rpartition("/")[2]])
    return option


def _choices(option: Schema) -> list[str]:
    return [option["const"]] if "const" in option else list(option.get("enum", ()))


def _number(option: Schema) -> str:
    name = "a whole number" if option["type"] == "integer" else "a number"
    if "minimum" in option and "maximum" in option:
        return f"{name} from {_bound(option['minimum'])} to {_bound(option['maximum'])}"
    limits = {
        "minimum": "of at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    words = [f"{word} {_bound(option[key])}" for key, word in limits.items() if key in option]
    return " ".join([name, " and ".join(words)]).rstrip()


def _bound(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
