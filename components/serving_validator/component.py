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
    """Has a model server load the candidate, and asks it, before anybody else does.

    Outputs:
        blessing: an `InfraBlessing` by the contract of TFX's InfraValidator, for the Pusher's
            `infra_blessing`; `canary.json` beside its marker says what was found, `server.log` what
            the server said.
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
            model: the candidate.
            examples: the ExampleGen's; requests are made of some of its eval split.
            settings: how many, and the bounds.
            code_fingerprint: changes with the code of the canary or of the server.
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
