"""The stock Pusher's executor with the copy replaced."""

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from google.protobuf import json_format
from tfx.components.pusher import executor as stock
from tfx.proto import pusher_pb2
from tfx.types import standard_component_specs
from tfx.utils import io_utils

from components.atomic_pusher.leaky_mark import refuse_leaky
from components.atomic_pusher.version_folder import push_version, unservable_names
from components.interface import Artifacts, Options

# Custom property of the pushed model: names in the served folder that look like versions and that
# no model server serves.
IGNORED_PROPERTY: Final = "ignored"

# A runner's check, called just before a version becomes visible; it prevents the push by raising.
# TFX makes the executor, so that nothing can be passed to its constructor.
BEFORE_PUSH: Final[ContextVar[Callable[[], None]]] = ContextVar("before_push", default=lambda: None)


class Executor(stock.Executor):
    """Pushes blessed models atomically, with the inputs and outputs of the stock executor."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: Options) -> None:
        """Pushes `model` if every given blessing allows it and it has no leaky mark.

        `pushed_model` receives a copy of it. After an error, what was served is as before.
        """
        (pushed_model,) = output_dict[standard_component_specs.PUSHED_MODEL_KEY]
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
