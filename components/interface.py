"""What our components tell TFX of their inputs, outputs and options, and what TFX hands back."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from tfx import types
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

Artifacts: TypeAlias = dict[str, list[types.Artifact]]  # by the name of an input or output
Options: TypeAlias = dict[str, Any]  # TFX's execution properties, by name


def component_spec(
    *, options: Mapping[str, type], inputs: Mapping[str, type], outputs: Mapping[str, type]
) -> Any:
    """Returns the `SPEC_CLASS` of a component, from the types of options and artifacts."""
    declared = {
        "PARAMETERS": {name: ExecutionParameter(type=kind) for name, kind in options.items()},
        "INPUTS": {name: ChannelParameter(type=kind) for name, kind in inputs.items()},
        "OUTPUTS": {name: ChannelParameter(type=kind) for name, kind in outputs.items()},
    }
    return type("Spec", (ComponentSpec,), declared)
