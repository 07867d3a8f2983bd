"""What is wrong with a configuration, in one line."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError

from pipeline.config.options import KeyPath, Schema, dotted, expected, option_at, valid_keys

_LONGEST_QUOTE: Final = 200


def one_line(error: ValidationError, root: Schema) -> str:
    """Tells of the first mistake that pydantic found.

    Args:
        error: what a model raised.
        root: the JSON schema of that model.
    """
    first = error.errors(include_url=False)[0]
    path = first["loc"]
    if first["type"] == "extra_forbidden":
        return _unknown_key(path, valid_keys(option_at(path[:-1], root)))
    if path[-1:] == ("[key]",):  # how pydantic marks that the key of a table is wrong
        return _unknown_key(path[:-1], valid_keys(option_at(path[:-2], root)))
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
