"""What TFX hands to the Pusher's executor."""

from pathlib import Path
from typing import Any

from google.protobuf import json_format
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts


def push_arguments(model_uri: Path, pushed_uri: Path, served: Path) -> dict[str, Any]:
    """The arguments of `Executor.Do` for a model that a test still has to bless.

    Args:
        model_uri: the Model artifact's folder, which holds `Format-Serving/`.
        pushed_uri: the PushedModel artifact's folder.
        served: the folder of versions to push to.
    """
    model, blessing = standard_artifacts.Model(), standard_artifacts.ModelBlessing()
    pushed = standard_artifacts.PushedModel()
    model.uri, pushed.uri = str(model_uri), str(pushed_uri)
    destination = pusher_pb2.PushDestination(
        filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=str(served))
    )
    return {
        "input_dict": {"model": [model], "model_blessing": [blessing]},
        "output_dict": {"pushed_model": [pushed]},
        "exec_properties": {"push_destination": json_format.MessageToJson(destination)},
    }


def bless(arguments: dict[str, Any], *, blessed: bool = True) -> None:
    """Says in the arguments whether the Evaluator has blessed the model."""
    (blessing,) = arguments["input_dict"]["model_blessing"]
    blessing.set_int_custom_property("blessed", int(blessed))
