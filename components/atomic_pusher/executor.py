"""The stock Pusher's executor with the copy replaced."""

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from google.protobuf import json_format
from tfx import types
from tfx.components.pusher import executor as stock
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils

from components.atomic_pusher.leaky_mark import refuse_leaky
from components.atomic_pusher.version_folder import push_version, unservable_names

# Custom property of the pushed model: names in the served folder that no model server serves.
IGNORED_PROPERTY: Final = "ignored"

# What a runner wants called last before a version becomes visible: it may raise to prevent that.
# TFX makes the executor, so that nothing can be passed to its constructor.
BEFORE_PUSH: Final[ContextVar[Callable[[], None]]] = ContextVar("before_push", default=lambda: None)


class Executor(stock.Executor):
    """Pushes what is blessed, atomically; keeps the stock artifact contract."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Pushes `model` if every blessing that is given says so and no mark says leaky.

        Args:
            input_dict: `model`, and optionally `model_blessing` and `infra_blessing`.
            output_dict: `pushed_model`, a copy of what was pushed, whose custom properties
                `pushed`, `pushed_destination` and `pushed_version` tell what was done, and
                `ignored` which names beside it look like versions that no server serves.
            exec_properties: `push_destination`, a JSON `PushDestination` of kind `filesystem`.

        Raises:
            LeakyModelError: the model was trained on leaky features, whatever its blessing says.
            NoHigherVersionError: the served folder holds the highest version that there can be.
            OSError: the model could not be copied; what was served is as before.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        pushed_model = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.PUSHED_MODEL_KEY]
        )
        model = Path(self.GetModelPath(input_dict))
        refuse_leaky(model)
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed_model)
            return
        destination = json_format.Parse(
            exec_properties[standard_component_specs.PUSH_DESTINATION_KEY],
            pusher_pb2.PushDestination(),
        )
        io_utils.copy_dir(str(model), pushed_model.uri)
        served = Path(destination.filesystem.base_directory)
        version = push_version(model, served, check=BEFORE_PUSH.get())
        if ignored := unservable_names(served):
            pushed_model.set_string_custom_property(IGNORED_PROPERTY, ", ".join(ignored))
        self._MarkPushed(pushed_model, pushed_destination=str(version), pushed_version=version.name)
