"""The reference of the configuration: every option, from the models."""

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from movielens.section import Section
from pipeline.config.messages import dotted, expected, option_at
from pipeline.config.model import PipelineConfig

_WIDTH: Final = 100
_INTRODUCTION: Final = """\
# Configuration

`movielens run --help-config` prints this page. It lists each option with its default, what it may
be and what it means. An option without a default is unset unless it is given.

The options stand in a TOML file that `--config` names; `configs/` holds examples. For a single run
`--set section.key=value` sets an option, and wins over the file.
"""


def reference() -> str:
    """Returns all options in Markdown, section by section, in lines of at most 100 columns."""
    root = PipelineConfig.model_json_schema()
    lines = [_INTRODUCTION]
    for name, section in PipelineConfig():
        meaning = inspect.cleandoc(type(section).__doc__ or "")
        lines += [f"## [{name}]", "", meaning, "", *_options([name], section, root), ""]
    return "\n".join(lines)


def _options(path: list[str], section: Section, root: Mapping[str, Any]) -> Iterator[str]:
    for name, field in type(section).model_fields.items():
        below = [*path, name]
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _options(below, value, root)
            continue
        default = f" = `{_toml(value)}`" if value is not None else ""
        if field.default is None and value is not None:  # filled in by the model's preset
            default += " (the model's own)"
        what = f"`{dotted(below)}`{default}: {expected(option_at(below, root), root)}."
        yield _wrapped(what, "* ")
        yield _wrapped(str(field.description), "  ")


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _toml(value: Any) -> str:
    """Writes a value as TOML does, on one line.

    >>> _toml({"user_activity=cold": {"rmse": 1.15}})
    '{"user_activity=cold" = {rmse = 1.15}}'
    """
    if isinstance(value, Section):
        value = dict(value)
    if isinstance(value, Mapping):
        pairs = (f"{dotted([key])} = {_toml(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
