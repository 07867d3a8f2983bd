"""Reads the configuration: a TOML file and the command line, once, checked as a whole."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from movielens.config import refuse_leaky_protocol
from movielens.errors import IngestConfigError
from pipeline.config.model import PipelineConfig
from pipeline.config.sections import build_section, merge
from pipeline.errors import UsageError
from trainer_module.tuning.tuner_config import tuned_options

_PATTERN_CHARACTERS: Final = "*?[]\\"


def load_config(
    file: Path | None = None,
    *,
    overrides: Sequence[str] = (),
    output: str | None = None,
    data: str | None = None,
    span: int | None = None,
) -> PipelineConfig:
    """Reads and checks a configuration.

    Args:
        file: a TOML file; defaults alone where None.
        overrides: `section.key=value`, the value in TOML or a bare word; later ones win, and all
            win over the file.
        output: wins over `pipeline.output`.
        data: wins over `data.input_base`.
        span: wins over `data.span`.

    Raises:
        UsageError: the file cannot be read or parsed, or a key or a value in it or in the overrides
            is not one that the pipeline knows.
    """
    values: dict[str, Any] = {} if file is None else _read(file)
    for override in overrides:
        values = merge(values, _parse_override(override))
    if output is not None:
        values = merge(values, {"pipeline": {"output": output}})
    if data is not None:
        values = merge(values, {"data": {"input_base": data}})
    if span is not None:
        values = merge(values, {"data": {"span": span}})
    _refuse_leaky_split(values)
    config = build_section(PipelineConfig, values, "")
    _refuse_nothing_to_tune(config)
    _refuse_output(config.output)
    return config if _names_folds(values) else _with_folds_of_the_split(config)


def _names_folds(values: Mapping[str, Any]) -> bool:
    return "folds_by" in values.get("trainer", {})


def _with_folds_of_the_split(config: PipelineConfig) -> PipelineConfig:
    """What the model learns from is to stand to what it knows as a test row does."""
    folds_by = "time" if config.ingest.cuts_by_time else "hash"
    return replace(config, trainer=replace(config.trainer, folds_by=folds_by))


def _refuse_leaky_split(values: Mapping[str, Any]) -> None:
    """Says why, where the check of types would only list the splits that there are."""
    ingest = values.get("ingest")
    if isinstance(ingest, Mapping):
        try:
            refuse_leaky_protocol(ingest.get("split"))
        except IngestConfigError as error:
            raise UsageError(f"configuration key `ingest.split`: {error}") from error


def _refuse_nothing_to_tune(config: PipelineConfig) -> None:
    if config.tuner.enabled:
        try:
            tuned_options(config.trainer.model)
        except ValueError as error:
            raise UsageError(f"configuration key `tuner.enabled`: {error}") from error


def _refuse_output(output: Path) -> None:
    """TensorFlow and Beam would take such a path for a pattern, some nodes into the run."""
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
    except tomllib.TOMLDecodeError:
        value = text.strip()  # a bare word: --set ingest.split=random
    for part in reversed(parts):
        value = {part: value}
    return dict(value)
