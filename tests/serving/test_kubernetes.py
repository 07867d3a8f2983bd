"""The Kubernetes manifests: they are checked to fit each other and the compose file."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.client import DEFAULT_MODEL_NAME, DEFAULT_TARGET

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"


@pytest.fixture(scope="module")
def manifests() -> dict[str, Any]:
    """Every resource of the kustomization, by kind."""
    files = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    read = [yaml.safe_load((FOLDER / file).read_text()) for file in files]
    return {manifest["kind"]: manifest for manifest in read}


@pytest.fixture(scope="module")
def pod(manifests: dict[str, Any]) -> dict[str, Any]:
    return manifests["Deployment"]["spec"]["template"]


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["spec"]["containers"]
    return only


@pytest.fixture(scope="module")
def flags(container: dict[str, Any]) -> dict[str, str]:
    return dict(flag.removeprefix("--").split("=", 1) for flag in container["args"])


def parsed(text: str) -> model_server_config_pb2.ModelServerConfig:
    return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())


def test_every_file_is_applied() -> None:
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    assert set(listed) == files


def test_image_is_the_one_of_the_compose_file(container: dict[str, Any]) -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "docker-compose.yaml").read_text())
    (service,) = compose["services"].values()
    assert container["image"] == service["image"]


def test_models_are_those_of_the_configuration_file(manifests: dict[str, Any]) -> None:
    original = (ROOT / "serving" / "tensorflow_serving" / "models.config").read_text()
    assert parsed(manifests["ConfigMap"]["data"]["models.config"]) == parsed(original)


def test_model_folder_is_mounted_read_only_where_the_configuration_looks(
    manifests: dict[str, Any], container: dict[str, Any]
) -> None:
    config = parsed(manifests["ConfigMap"]["data"]["models.config"])
    (model,) = config.model_config_list.config
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert model.name == DEFAULT_MODEL_NAME
    assert mounts[model.base_path]["readOnly"] is True
    assert mounts[model.base_path]["subPath"] == f"serving_model/{DEFAULT_MODEL_NAME}"


def test_every_volume_is_defined_and_every_file_of_a_flag_is_mounted(
    manifests: dict[str, Any], pod: dict[str, Any], container: dict[str, Any], flags: dict[str, str]
) -> None:
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    assert set(mounts.values()) == set(volumes)
    claim = volumes["models"]["persistentVolumeClaim"]["claimName"]
    assert claim == manifests["PersistentVolumeClaim"]["metadata"]["name"]
    config = manifests["ConfigMap"]
    assert volumes["config"]["configMap"]["name"] == config["metadata"]["name"]
    for flag in ("model_config_file", "monitoring_config_file"):
        path = Path(flags[flag])
        assert mounts[str(path.parent)] == "config"
        assert path.name in config["data"]
    assert mounts[str(Path(flags["ssl_config_file"]).parent)] == "tls"
    assert "secretName" in volumes["tls"]["secret"]


def test_ports_are_the_same_everywhere(
    manifests: dict[str, Any], container: dict[str, Any], flags: dict[str, str]
) -> None:
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": int(flags["port"]), "http": int(flags["rest_api_port"])}
    served = {port["targetPort"]: port["port"] for port in manifests["Service"]["spec"]["ports"]}
    assert served == ports
    assert DEFAULT_TARGET.endswith(f":{ports['grpc']}")


def test_selectors_find_the_pods(manifests: dict[str, Any], pod: dict[str, Any]) -> None:
    labels = pod["metadata"]["labels"]
    assert manifests["Service"]["spec"]["selector"] == labels
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert manifests[kind]["spec"]["selector"]["matchLabels"] == labels


def test_probes_ask_ports_that_exist_for_the_model(container: dict[str, Any]) -> None:
    names = {port["name"] for port in container["ports"]}
    for probe in ("startupProbe", "readinessProbe"):
        asked = container[probe]["httpGet"]
        assert asked["port"] in names
        assert asked["path"] == f"/v1/models/{DEFAULT_MODEL_NAME}"
    assert container["livenessProbe"]["tcpSocket"]["port"] in names


def test_autoscaler_scales_the_deployment_within_its_bounds(manifests: dict[str, Any]) -> None:
    spec = manifests["HorizontalPodAutoscaler"]["spec"]
    deployment = manifests["Deployment"]
    assert spec["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert spec["minReplicas"] == deployment["spec"]["replicas"] >= 2
    assert spec["maxReplicas"] > spec["minReplicas"]
    assert {metric["type"] for metric in spec["metrics"]} == {"Resource", "Pods"}
    assert manifests["PodDisruptionBudget"]["spec"]["minAvailable"] < spec["minReplicas"]


def test_container_is_bounded_and_has_no_rights(container: dict[str, Any]) -> None:
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_pod_outlives_its_grace(pod: dict[str, Any], container: dict[str, Any]) -> None:
    (_, seconds) = container["lifecycle"]["preStop"]["exec"]["command"]
    assert pod["spec"]["terminationGracePeriodSeconds"] > int(seconds)
