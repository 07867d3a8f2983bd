"""What somebody needs to get the same run once more: the command and the environment."""

import json
import platform
import shlex
from collections.abc import Iterator
from importlib import metadata
from typing import Any, Final

from pipeline.config import PipelineConfig, load_config

_TELLING: Final = ("tfx", "tensorflow", "keras", "tensorflow-transform", "apache-beam", "numpy")
# Sections that decide what a run computes. The others may hold names of hosts and addresses.
TELLING_SECTIONS: Final = (
    *("data", "ingest", "transform", "trainer", "tuner"),
    *("evaluator", "canary", "drift", "skew"),
)


def command(config: PipelineConfig) -> str:
    """The command line that computes the same, whatever files the options came from.

    Options of the other sections are left out.
    """
    model = f"trainer.model={config.trainer.model}"  # which has defaults of its own
    changed = [model, *_changed(config, load_config(overrides=[model]))]
    words = ["movielens", "run", "--output", config.pipeline.output]
    return shlex.join([*words, *(word for each in changed for word in ("--set", each))])


def environment() -> dict[str, str]:
    """Versions of Python and of what computes the model, and the machine."""
    installed = {
        each.metadata["Name"]: each.version
        for each in map(_distribution, _TELLING)
        if each is not None
    }
    return {"Python": platform.python_version(), "machine": platform.platform(), **installed}


def _changed(config: PipelineConfig, defaults: PipelineConfig) -> Iterator[str]:
    expected = defaults.model_dump(mode="json")
    for section, options in config.model_dump(mode="json").items():
        for name, value in options.items():
            if (
                section in TELLING_SECTIONS
                and value != expected[section][name]
                and value is not None
            ):
                yield f"{section}.{name}={_toml(value)}"


def _toml(value: Any) -> str:
    """A value as TOML: as JSON, but for tables."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return json.dumps(value, ensure_ascii=False)


def _distribution(name: str) -> metadata.Distribution | None:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
