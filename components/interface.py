"""How our components declare inputs, outputs and options, and the types that TFX passes."""

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from tfx import types
from tfx.dsl.components.base import base_component
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

Artifacts: TypeAlias = dict[str, list[types.Artifact]]  # by the name of an input or output
Options: TypeAlias = dict[str, Any]  # TFX's execution properties, by name


def component_spec(
    *,
    inputs: Mapping[str, type],
    options: Mapping[str, type],
    outputs: Mapping[str, type],
    optional: Collection[str] = (),
) -> Any:
    """Returns the `SPEC_CLASS` of a component, from the types of artifacts and options.

    The component runs even if nothing is found for an `optional` input.
    """
    declared = {
        "INPUTS": {
            name: ChannelParameter(type=kind, optional=name in optional)
            for name, kind in inputs.items()
        },
        "PARAMETERS": {name: ExecutionParameter(type=kind) for name, kind in options.items()},
        "OUTPUTS": {name: ChannelParameter(type=kind) for name, kind in outputs.items()},
    }
    return type("Spec", (ComponentSpec,), declared)


class Component(base_component.BaseComponent):
    """A component that takes what its `SPEC_CLASS` declares: inputs in that order, options by name.

    TFX checks that all are there and of the declared types.
    """

    def __init__(self, *inputs: types.BaseChannel, **options: Any) -> None:
        spec = self.SPEC_CLASS
        channels = dict(zip(spec.INPUTS, inputs, strict=True))
        outputs = {name: types.Channel(type=each.type) for name, each in spec.OUTPUTS.items()}
        super().__init__(spec(**channels, **options, **outputs))
