from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts

from components.atomic_pusher.executor import Executor


@pytest.fixture
def node(tmp_path: Path) -> dict[str, Any]:
    model = standard_artifacts.Model()
    model.uri = str(tmp_path / "model")
    (tmp_path / "model" / "Format-Serving").mkdir(parents=True)
    (tmp_path / "model" / "Format-Serving" / "saved_model.pb").write_bytes(b"graph")
    blessing = standard_artifacts.ModelBlessing()
    pushed = standard_artifacts.PushedModel()
    pushed.uri = str(tmp_path / "pushed")
    destination = pusher_pb2.PushDestination(
        filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=str(tmp_path / "served"))
    )
    return {
        "input_dict": {"model": [model], "model_blessing": [blessing]},
        "output_dict": {"pushed_model": [pushed]},
        "exec_properties": {"push_destination": json_format.MessageToJson(destination)},
    }


def test_a_blessed_model_is_pushed_and_the_artifact_says_where(
    node: dict[str, Any], tmp_path: Path
) -> None:
    node["input_dict"]["model_blessing"][0].set_int_custom_property("blessed", 1)
    Executor().Do(**node)
    (version,) = (tmp_path / "served").iterdir()
    assert (version / "saved_model.pb").read_bytes() == b"graph"
    (pushed,) = node["output_dict"]["pushed_model"]
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_version") == version.name
    assert pushed.get_string_custom_property("pushed_destination") == str(version)
    assert (Path(pushed.uri) / "saved_model.pb").read_bytes() == b"graph"


def test_a_model_that_is_not_blessed_is_not_pushed(node: dict[str, Any], tmp_path: Path) -> None:
    node["input_dict"]["model_blessing"][0].set_int_custom_property("blessed", 0)
    Executor().Do(**node)
    (pushed,) = node["output_dict"]["pushed_model"]
    assert pushed.get_int_custom_property("pushed") == 0
    assert not (tmp_path / "served").exists()
