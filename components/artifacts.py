"""The types of what TFX hands to an executor or a resolver."""

from typing import Any, TypeAlias

from tfx import types

Artifacts: TypeAlias = dict[str, list[types.Artifact]]  # by the name of an input or output
Options: TypeAlias = dict[str, Any]  # TFX's execution properties, by name
