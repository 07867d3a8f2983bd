"""Runs a compiled package as Kubeflow Pipelines would, without a cluster.

Every container command of the specification is started as it stands, in a process and a folder of
its own, with an ExecutorInput as Kubeflow's driver makes it; artifacts travel through a folder that
stands for the object store, as Kubeflow's launcher copies them. What is peculiar to Kubeflow, and
differs from the managed service that TFX compiles for, is kept: input artifacts have no type,
numbers of metadata are doubles, and there are neither resolvers nor hooks.
"""

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

BUCKET = "minio://mlpipeline/v2/artifacts"


class KubeflowDriver:
    """One run of a package.

    Args:
        package: the YAML of `compile_package`.
        folder: for the object store, the containers' file systems and the logs.
        environment: of every container.
    """

    def __init__(self, package: str, folder: Path, environment: Mapping[str, str]) -> None:
        spec, platform = yaml.safe_load_all(package)
        self.spec = json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
        json_format.ParseDict(platform, pipeline_spec_pb2.PlatformSpec())
        self._deployment = json_format.ParseDict(
            json_format.MessageToDict(self.spec.deployment_spec),
            pipeline_spec_pb2.PipelineDeploymentConfig(),
        )
        self._folder = folder
        self._environment = environment
        self._attempt = 0
        self._identifiers = itertools.count(1)
        self.artifacts: dict[str, dict[str, Any]] = {}  # by task and output key, as recorded

    def order(self) -> list[str]:
        """The tasks, each after those that it depends on."""
        tasks = self.spec.root.dag.tasks
        edges = {name: set(task.dependent_tasks) for name, task in tasks.items()}
        for name, task in tasks.items():
            edges[name] |= {
                source.task_output_artifact.producer_task
                for source in task.inputs.artifacts.values()
            }
        return list(TopologicalSorter(edges).static_order())

    def run(self, tasks: Iterable[str] | None = None) -> None:
        """Runs all tasks, or those named, whose inputs were made before."""
        self._attempt += 1
        for name in self.order() if tasks is None else tasks:
            self._run_task(name)

    def stored(self, task: str, key: str) -> Path:
        """Where the object store has an artifact."""
        return self._in_store(self.artifacts[task][key].uri)

    def _run_task(self, name: str) -> None:
        pod = self._folder / f"{name}-{self._attempt}"
        pod.mkdir(parents=True)
        executor_input = self._executor_input(name, pod)
        for found in executor_input.inputs.artifacts.values():
            for artifact in found.artifacts:
                self._download(artifact.uri, pod)
        for made in executor_input.outputs.artifacts.values():
            for artifact in made.artifacts:
                _local(artifact.uri, pod).parent.mkdir(parents=True, exist_ok=True)
        self._start(name, pod, json_format.MessageToJson(executor_input))
        output = pipeline_spec_pb2.ExecutorOutput()
        # As the launcher, which refuses unknown fields.
        json_format.Parse(Path(executor_input.outputs.output_file).read_text(), output)
        self.artifacts[name] = {
            key: self._record(name, key, made.artifacts[0], output, pod)
            for key, made in executor_input.outputs.artifacts.items()
        }

    def _executor_input(self, name: str, pod: Path) -> Any:
        task = self.spec.root.dag.tasks[name]
        result = pipeline_spec_pb2.ExecutorInput()
        for key, source in task.inputs.artifacts.items():
            made = source.task_output_artifact
            artifact = self.artifacts[made.producer_task][made.output_artifact_key]
            result.inputs.artifacts[key].artifacts.add().CopyFrom(artifact)
        for key, parameter in task.inputs.parameters.items():
            assert parameter.runtime_value.WhichOneof("value") == "constant", key
            result.inputs.parameter_values[key].CopyFrom(parameter.runtime_value.constant)
        for key, declared in self._component(name).output_definitions.artifacts.items():
            artifact = result.outputs.artifacts[key].artifacts.add()
            artifact.uri = f"{BUCKET}/{self.spec.pipeline_info.name}/{self._attempt}/{name}/{key}"
            artifact.type.CopyFrom(declared.artifact_type)
            artifact.metadata.CopyFrom(declared.metadata)
        result.outputs.output_file = str(pod / "kfp_outputs" / "output_metadata.json")
        (pod / "kfp_outputs").mkdir()
        return result

    def _component(self, name: str) -> Any:
        return self.spec.components[self.spec.root.dag.tasks[name].component_ref.name]

    def _start(self, name: str, pod: Path, executor_input: str) -> None:
        container = self._deployment.executors[self._component(name).executor_label].container
        assert container.image, name
        arguments = [each.replace("{{$}}", executor_input) for each in container.args]
        log = pod / "container.log"
        with log.open("w") as stream:
            done = subprocess.run(
                [*container.command, *arguments],
                check=False,
                cwd=pod,
                env={**self._environment, "MOVIELENS_LAUNCHER_ROOT": str(pod)},
                stdout=stream,
                stderr=subprocess.STDOUT,
                timeout=900,
            )
        assert done.returncode == 0, f"{name} failed:\n{log.read_text()[-3000:]}"

    def _record(self, name: str, key: str, given: Any, output: Any, pod: Path) -> Any:
        """What the launcher keeps of an output: no type, and metadata as the store has them."""
        recorded = pipeline_spec_pb2.RuntimeArtifact(uri=given.uri)
        recorded.name = str(next(self._identifiers))
        recorded.metadata.CopyFrom(given.metadata)
        for artifact in output.artifacts[key].artifacts:
            assert artifact.uri == given.uri, f"{name}.{key} is not at its address"
            for field, value in json_format.MessageToDict(artifact.metadata).items():
                recorded.metadata[field] = _as_stored(value)
        _copy(_local(given.uri, pod), self._in_store(given.uri))
        return recorded

    def _download(self, uri: str, pod: Path) -> None:
        _copy(self._in_store(uri), _local(uri, pod))

    def _in_store(self, uri: str) -> Path:
        return self._folder / "store" / uri.removeprefix("minio://")


def _local(uri: str, pod: Path) -> Path:
    return pod / "minio" / uri.removeprefix("minio://")


def _copy(source: Path, target: Path) -> None:
    """Copies an artifact: a folder, the one file of a value, or nothing that was declared only."""
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _as_stored(value: Any) -> Any:
    """A value of metadata after its way through ML Metadata, which has no lists."""
    if isinstance(value, list):
        return {"list": value}
    if isinstance(value, dict):
        return {"struct": value}
    return float(value) if isinstance(value, bool | int) else value


def container_environment(source: Path, python: Path) -> dict[str, str]:
    """An environment like the image's: our source, its interpreter first on the path."""
    return os.environ | {
        "PYTHONPATH": str(source),
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
