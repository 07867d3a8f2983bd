"""The compiled package: what Kubeflow reads in it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from kfp import components
from kfp.client.client import _extract_pipeline_yaml
from kfp.pipeline_spec import pipeline_spec_pb2

from pipeline.config import load_config
from pipeline.create import create_pipeline
from pipeline.errors import UsageError
from pipeline.runners.kubeflow import compile_package

FITTING = (
    "pipeline.output=/mnt/movielens",
    "data.input_base=/mnt/movielens/ratings",
    "kubeflow.image=registry/movielens:7",
)


def compiled(*overrides: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two documents."""
    spec, platform = yaml.safe_load_all(
        compile_package(load_config(overrides=[*FITTING, *overrides]))
    )
    return spec, platform


@pytest.fixture(scope="module")
def documents() -> tuple[dict[str, Any], dict[str, Any]]:
    return compiled()


@pytest.fixture(scope="module")
def spec(documents: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    return documents[0]


def containers(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        label.removesuffix("_executor"): executor["container"]
        for label, executor in spec["deploymentSpec"]["executors"].items()
    }


def test_the_client_of_kubeflow_loads_it(tmp_path: Path) -> None:
    file = tmp_path / "package.yaml"
    file.write_text(compile_package(load_config(overrides=FITTING)))
    assert components.load_component_from_file(str(file)).name == "movielens"
    document = _extract_pipeline_yaml(str(file))  # as an upload does
    assert document.pipeline_spec.schema_version == "2.1.0"
    assert "kubernetes" in document.platform_spec.platforms


def test_nothing_in_it_is_unknown_to_the_protos(
    documents: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    spec, platform = documents
    json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    json_format.ParseDict(platform, pipeline_spec_pb2.PlatformSpec())
    json_format.ParseDict(spec["deploymentSpec"], pipeline_spec_pb2.PipelineDeploymentConfig())


def test_the_graph_is_that_of_every_other_runner(spec: dict[str, Any]) -> None:
    nodes = create_pipeline(load_config(overrides=FITTING)).components
    tasks = spec["root"]["dag"]["tasks"]
    assert {name: set(task.get("dependentTasks", [])) for name, task in tasks.items()} == {
        node.id: {upstream.id for upstream in node.upstream_nodes} for node in nodes
    }


def test_every_node_is_a_container_of_our_image_and_program(spec: dict[str, Any]) -> None:
    # Kubeflow runs neither resolvers nor hooks.
    for executor in spec["deploymentSpec"]["executors"].values():
        assert executor.keys() == {"container"}
        assert "lifecycle" not in executor["container"]
        assert executor["container"]["image"] == "registry/movielens:7"
        assert executor["container"]["command"] == [
            *("python", "-m", "pipeline.runners.kubeflow_entrypoint")
        ]


def test_the_span_is_resolved_by_the_node_that_reads_it_alone(spec: dict[str, Any]) -> None:
    flagged = {
        name
        for name, container in containers(spec).items()
        if "--resolve_span" in container["args"]
    }
    assert flagged == {"MovieLensExampleGen"}


def test_what_looks_at_the_world_is_never_cached(spec: dict[str, Any]) -> None:
    tasks = spec["root"]["dag"]["tasks"]
    uncached = {name for name, task in tasks.items() if "cachingOptions" not in task}
    assert uncached == {"MovieLensExampleGen", "BaselineResolver"}


def test_resources_and_retries_come_from_the_configuration() -> None:
    spec, _ = compiled(
        "kubeflow.nodes={Trainer = {cpu = '3', memory = '9Gi'}}", "schedule.retries=1"
    )
    assert containers(spec)["Trainer"]["resources"] == {
        "resourceCpuRequest": "3",
        "resourceCpuLimit": "3",
        "resourceMemoryRequest": "9Gi",
        "resourceMemoryLimit": "9Gi",
    }
    assert containers(spec)["Pusher"]["resources"]["resourceMemoryLimit"] == "4Gi"
    retried = [task["retryPolicy"] for task in spec["root"]["dag"]["tasks"].values()]
    policy = {
        "maxRetryCount": 1,
        "backoffDuration": "300s",
        "backoffFactor": 2.0,
        "backoffMaxDuration": "3600s",
    }
    assert retried == [policy] * len(containers(spec))


def test_roots_come_from_the_configuration(spec: dict[str, Any]) -> None:
    assert "defaultPipelineRoot" not in spec
    other, _ = compiled(
        "kubeflow.pipeline_root=s3://bucket/runs", "serving.base_directory=/mnt/movielens/served"
    )
    assert other["defaultPipelineRoot"] == "s3://bucket/runs"
    tasks = other["root"]["dag"]["tasks"]
    pushed_to = tasks["Pusher"]["inputs"]["parameters"]["push_destination"]
    assert "/mnt/movielens/served" in pushed_to["runtimeValue"]["constant"]
    compared_with = tasks["BaselineResolver"]["inputs"]["parameters"]["base_directory"]
    assert compared_with["runtimeValue"]["constant"] == "/mnt/movielens/served"


def test_every_node_mounts_the_volume_and_has_its_time() -> None:
    spec, platform = compiled("kubeflow.volume_claim=ours")
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert executors.keys() == spec["deploymentSpec"]["executors"].keys()
    for executor in executors.values():
        (mount,) = executor["pvcMount"]
        assert mount["mountPath"] == "/mnt/movielens"
        assert mount["pvcNameParameter"]["runtimeValue"]["constant"] == "ours"
        assert executor["activeDeadlineSeconds"] == "10800"


def test_no_path_of_this_machine_is_in_it() -> None:
    assert str(Path(__file__).parents[3]) not in compile_package(load_config(overrides=FITTING))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("kubeflow.image=''", "image` should be a name"),
        ("pipeline.name=MovieLens", r"pipeline\.name should be small letters.*'MovieLens'"),
        ("pipeline.output=/data", r"pipeline\.output|serving\.base_directory should be a folder"),
        ("data.input_base=/data", r"data\.input_base should be a folder below /mnt/movielens"),
        ("serving.base_directory=/m", r"serving\.base_directory should be .*Received: /m"),
        ("drift.l_infinity.genres=0.1", r"\[drift\] needs .*: leave it out"),
    ],
)
def test_what_cannot_run_there_is_refused(override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        compiled(override)


def test_a_serving_log_cannot_be_compared_with_there() -> None:
    with pytest.raises(UsageError, match=r"\[skew\] needs .*: leave it out"):
        compiled("skew.serving_log=/mnt/movielens/log", "skew.l_infinity.genres=0.1")


def test_the_default_data_and_no_image_are_refused() -> None:
    with pytest.raises(UsageError, match=re.escape("give --image NAME:TAG")):
        compile_package(load_config(output="/mnt/movielens"))
    with pytest.raises(UsageError, match=r"data\.input_base .*Received: none"):
        compile_package(
            load_config(output="/mnt/movielens", overrides=["kubeflow.image=movielens:1"])
        )
