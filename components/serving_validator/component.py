"""The node before the Pusher."""

from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.interface import Component, component_spec
from components.serving_validator import executor


class ServingValidator(Component):
    """Has a model server load the candidate and answer requests before it is pushed.

    Args:
        model: The candidate.
        examples: The ExampleGen's; requests are made of some of its eval split.
        settings: JSON of the CanarySettings.
        code_fingerprint: A hash of the canary's and the server's code.

    Outputs:
        blessing: As of TFX's InfraValidator, for the Pusher's `infra_blessing`. Beside its marker
            lie `canary.json`, what was found, and `server.log`.
    """

    SPEC_CLASS = component_spec(
        inputs={"model": standard_artifacts.Model, "examples": standard_artifacts.Examples},
        options={"settings": str, "code_fingerprint": str},
        outputs={"blessing": standard_artifacts.InfraBlessing},
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
