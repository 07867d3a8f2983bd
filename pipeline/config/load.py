"""Reads and checks the configuration: a TOML file, and options of the command line over it."""

import functools
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from pipeline.config.messages import one_line
from pipeline.config.model import PipelineConfig
from pipeline.errors import UsageError

_PATTERN_CHARACTERS: Final = "*?[]\\"


def load_config(
    file: Path | None = None,
    *,
    overrides: Sequence[str] = (),
    output: str | None = None,
    data: str | None = None,
    span: int | None = None,
) -> PipelineConfig:
    """Reads and checks a configuration; without a file, the defaults.

    Overrides are `section.key=value`, the value in TOML or a bare word. They win over the file, and
    later ones over earlier ones. `output`, `data` and `span` win over both. A UsageError if the
    file cannot be read or parsed, a key is unknown, or a value is wrong.
    """
    layers = [{} if file is None else _read(file), *map(_parse_override, overrides)]
    for section, key, value in (
        ("pipeline", "output", output),
        ("data", "input_base", data),
        ("data", "span", span),
    ):
        if value is not None:
            layers.append({section: {key: value}})
    config = _validate(functools.reduce(merge, layers))
    _refuse_output(config.output)
    return config


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Lays `override` over `base`, table by table.

    >>> merge({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}, "b": 4})
    {'a': {'x': 1, 'y': 3}, 'b': 4}
    """
    merged = {**base, **override}
    for key in base.keys() & override.keys():
        if isinstance(base[key], Mapping) and isinstance(override[key], Mapping):
            merged[key] = merge(base[key], override[key])
    return merged


def _validate(values: Mapping[str, Any]) -> PipelineConfig:
    try:
        config = PipelineConfig.model_validate(values)
    except ValidationError as error:
        raise UsageError(one_line(error, PipelineConfig.model_json_schema())) from error
    if "folds_by" in config.trainer.model_fields_set:
        return config
    # Training rows are made in the same way as the split makes test rows.
    folds_by = "time" if config.ingest.cuts_by_time else "hash"
    return config.replace(trainer=config.trainer.replace(folds_by=folds_by))


def _refuse_output(output: Path) -> None:
    """Refuses paths that TensorFlow and Beam would take for patterns in the middle of a run."""
    found = [each for each in _PATTERN_CHARACTERS if each in str(output)]
    if found:
        raise UsageError(
            f"the path of the output folder should hold none of {' '.join(_PATTERN_CHARACTERS)}, "
            "which stand for patterns of names to TensorFlow and Beam; choose another --output. "
            f"Received: {' '.join(found)} in {output}"
        )
    if not str(output).isprintable():
        raise UsageError(
            "the path of the output folder should be of printable characters in UTF-8; choose "
            f"another --output. Received: {str(output)!r}"
        )


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"no configuration file {file}; configs/ holds examples") from error
    except OSError as error:
        raise UsageError(f"configuration file {file}: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise UsageError(f"configuration file {file} is not valid TOML: {error}") from error


def _parse_override(override: str) -> dict[str, Any]:
    key, equals, text = override.partition("=")
    parts = key.strip().split(".")
    if not equals or len(parts) < 2 or not all(parts):
        raise UsageError(
            f"--set takes section.key=value, such as trainer.epochs=5. Received: {override!r}"
        )
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except ValueError:
        value = text.strip()  # a bare word: --set ingest.split=random
    for part in reversed(parts):
        value = {part: value}
    return dict(value)
