"""The files for the real tensorflow/serving: they are checked to fit, no container is run."""

from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.client import DEFAULT_MODEL_NAME, DEFAULT_TARGET

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "deploy" / "docker-compose.yaml"


@pytest.fixture
def service() -> dict[str, Any]:
    (only,) = yaml.safe_load(COMPOSE_FILE.read_text())["services"].values()
    return only


@pytest.fixture
def model() -> model_server_config_pb2.ModelConfig:
    text = (ROOT / "serving" / "tensorflow_serving" / "models.config").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    (only,) = config.model_config_list.config
    return only


def mounts(service: dict[str, Any]) -> dict[PurePosixPath, dict[str, Any]]:
    return {PurePosixPath(volume["target"]): volume for volume in service["volumes"]}


def flags(service: dict[str, Any]) -> dict[str, str]:
    return dict(flag.removeprefix("--").split("=", 1) for flag in service["command"])


def test_image_is_pinned(service: dict[str, Any]) -> None:
    repository, tag = service["image"].split(":")
    assert repository == "tensorflow/serving"
    assert tag.count(".") == 2


def test_model_has_the_name_that_clients_ask_for(
    model: model_server_config_pb2.ModelConfig,
) -> None:
    assert model.name == DEFAULT_MODEL_NAME
    assert model.model_platform == "tensorflow"
    assert model.model_version_policy.latest.num_versions == 1


def test_model_folder_is_the_mounted_folder_of_pushes(
    service: dict[str, Any], model: model_server_config_pb2.ModelConfig
) -> None:
    mount = mounts(service)[PurePosixPath(model.base_path)]
    assert mount["source"].endswith(f"/serving_model/{DEFAULT_MODEL_NAME}")
    assert mount["read_only"] is True


@pytest.mark.parametrize("flag", ["model_config_file", "monitoring_config_file"])
def test_configuration_file_is_mounted_where_the_server_reads_it(
    service: dict[str, Any], flag: str
) -> None:
    path = PurePosixPath(flags(service)[flag])
    source = COMPOSE_FILE.parent / mounts(service)[path.parent]["source"]
    assert (source / path.name).is_file()


def test_grpc_port_is_the_clients_default(service: dict[str, Any]) -> None:
    port = DEFAULT_TARGET.rpartition(":")[2]
    assert flags(service)["port"] == port
    assert f"{port}:{port}" in service["ports"]


def test_health_is_asked_at_the_rest_port_for_the_model(
    service: dict[str, Any], model: model_server_config_pb2.ModelConfig
) -> None:
    check = service["healthcheck"]["test"][-1]
    assert f"/dev/tcp/localhost/{flags(service)['rest_api_port']}" in check
    assert f"GET /v1/models/{model.name} " in check
    assert r"HTTP/1.0\r\n\r\n" in check
