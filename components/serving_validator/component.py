"""The node before the Pusher."""

import json

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.serving_validator import executor
from components.serving_validator.settings import CanarySettings


class ServingValidatorSpec(types.ComponentSpec):
    """Model and examples in, a blessing out, as InfraValidator has it."""

    PARAMETERS = {  # noqa: RUF012 - TFX reads plain dicts
        "settings": ExecutionParameter(type=str),
        "code_fingerprint": ExecutionParameter(type=str),
    }
    INPUTS = {  # noqa: RUF012
        "model": ChannelParameter(type=standard_artifacts.Model),
        "examples": ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS = {  # noqa: RUF012
        "blessing": ChannelParameter(type=standard_artifacts.InfraBlessing)
    }


class ServingValidator(base_component.BaseComponent):
    """Has a model server load the candidate and answer requests before it is pushed.

    Outputs:
        blessing: An `InfraBlessing` like that of TFX's InfraValidator, for the Pusher's
            `infra_blessing`. Beside its marker lie `canary.json`, what was found, and `server.log`.
    """

    SPEC_CLASS = ServingValidatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        model: types.BaseChannel,
        examples: types.BaseChannel,
        *,
        settings: CanarySettings,
        code_fingerprint: str,
    ):
        """Declares the node.

        Args:
            model: The candidate.
            examples: The ExampleGen's; requests are made of some of its eval split.
            settings: How many requests, and the bounds.
            code_fingerprint: A hash of the canary's and the server's code, so that an edit misses
                TFX's cache.
        """
        super().__init__(
            ServingValidatorSpec(
                model=model,
                examples=examples,
                settings=json.dumps(settings.model_dump(), sort_keys=True),
                code_fingerprint=code_fingerprint,
                blessing=types.Channel(type=standard_artifacts.InfraBlessing),
            )
        )
