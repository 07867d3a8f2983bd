"""The node before the Pusher."""

from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.interface import Component, component_spec
from components.serving_validator import executor


class ServingValidator(Component):
    """Has a model server load the candidate and answer requests before it is pushed.

    Requests are made of some of the examples' eval split. The blessing is as of TFX's
    InfraValidator, for the Pusher; beside its marker lie `canary.json`, what was found, and
    `server.log`.
    """

    SPEC_CLASS = component_spec(
        inputs={"model": standard_artifacts.Model, "examples": standard_artifacts.Examples},
        options={
            "settings": str,  # JSON of the CanarySettings
            "code_fingerprint": str,  # of canary and server, so that an edit misses TFX's cache
        },
        outputs={"blessing": standard_artifacts.InfraBlessing},
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
