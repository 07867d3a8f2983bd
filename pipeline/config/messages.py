"""What a mistake in the configuration and what an option should be, in words.

Both come from the JSON schema of the models.
"""

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

Schema: TypeAlias = Mapping[str, Any]
KeyPath: TypeAlias = Sequence[str | int]

_LONGEST_QUOTE: Final = 200
_BARE_KEY: Final = re.compile("[A-Za-z0-9_-]+")
_PLAIN_NAMES: Final = {"boolean": "true or false", "string": "text"}


def one_line(error: ValidationError, root: Schema) -> str:
    """Describes the first mistake that pydantic found in a model whose JSON schema is `root`."""
    first = error.errors(include_url=False)[0]
    path = first["loc"]
    if first["type"] == "extra_forbidden":
        return _unknown_key(path, _valid_keys(option_at(path[:-1], root)))
    if path[-1:] == ("[key]",):  # pydantic's mark for a wrong key of a table
        return _unknown_key(path[:-1], _valid_keys(option_at(path[:-2], root)))
    option = option_at(path, root)
    if first["type"] != "value_error":
        problem = f"should be {expected(option, root)}"
        if first["type"] == "finite_number":
            problem = problem.replace("a number", "a finite number")
    elif "properties" in option:
        return f"configuration section [{dotted(path)}]: {first['ctx']['error']}"
    else:
        problem = str(first["ctx"]["error"])
    received = "" if "Received" in problem else f". Received: {_quoted(first['input'])}"
    return f"configuration key `{dotted(path)}` {problem}{received}"


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
    """Returns the schema of the option or the table at a path below `root`."""
    node = root
    for step in path:
        if isinstance(step, int):
            node = node["items"]
        else:
            node = node.get("properties", {}).get(step) or node["additionalProperties"]
        node = _resolved(node, root)
    return node


def _valid_keys(table: Schema) -> list[str]:
    """Returns the keys that a table may have; none if it may have any."""
    return [*table.get("properties", {}), *_choices(table.get("propertyNames", {}))]


def expected(option: Schema, root: Schema) -> str:
    """Describes what an option should be.

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


def _unknown_key(path: KeyPath, valid: Sequence[str]) -> str:
    *parents, key = path
    close = get_close_matches(str(key), valid, n=1)
    remedy = (
        f"did you mean `{dotted([*parents, *close])}`?"
        if close
        else f"valid keys: {', '.join(sorted(valid))}"
    )
    return f"unknown configuration key `{dotted(path)}`; {remedy}"


def _quoted(value: Any) -> str:
    try:
        text = value.isoformat() if hasattr(value, "isoformat") else repr(value)
    except ValueError:  # Python writes no decimal numbers of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _table(option: Schema, root: Schema) -> str:
    if "properties" in option:
        return "a table"
    names = ", ".join(_valid_keys(option))
    keys = f", each key one of {names}" if names else ""
    return f"a table{keys}, each value {expected(option['additionalProperties'], root)}"


def _resolved(option: Schema, root: Schema) -> Schema:
    """Follows a reference; of a value that may be null, returns the schema of the other kind."""
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
