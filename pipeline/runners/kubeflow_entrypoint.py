"""What every container of the pipeline starts on Kubeflow: TFX's executor, given what it expects.

TFX's own container program was written for a managed service. Kubeflow Pipelines differs from it in
four things, each mended before or after:

* Artifacts have the address of an object store, but are read and written in the folder that the
  launcher copies from and to: `minio://bucket/key` is the folder `/minio/bucket/key`.
* Input artifacts come without their types, which the component's declaration knows.
* An input that was declared absent (`components.pushed_baseline`) is no artifact to TFX.
* The component's own driver finds the spans to read here, not in a hook (`--resolve_span`).
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from absl import app
from absl.flags import argparse_flags
from google.protobuf import json_format
from kfp.pipeline_spec.pipeline_spec_pb2 import (
    ComponentInputsSpec,
    ExecutorInput,
    ExecutorOutput,
    ParameterType,
)
from tfx.components.example_gen import utils
from tfx.orchestration.kubeflow.v2.container import (
    kubeflow_v2_entrypoint_utils,
    kubeflow_v2_run_executor,
)
from tfx.types import standard_component_specs

from components.batched_reading import read_in_batches
from components.movielens_example_gen.driver import Driver
from components.pushed_baseline.executor import ABSENT_PROPERTY

# Kubeflow's launcher maps the scheme of an object store to this folder.
LOCAL_FOLDERS: Final = {"gs://": "gcs", "s3://": "s3", "minio://": "minio"}
# Where those folders are, if not in the root as in a container.
ROOT_VARIABLE: Final = "MOVIELENS_LAUNCHER_ROOT"
_DESCRIBED_BY: Final = (
    utils.SPAN_PROPERTY_NAME,
    utils.VERSION_PROPERTY_NAME,
    utils.FINGERPRINT_PROPERTY_NAME,
)


def main(parsed: tuple[argparse.Namespace, list[str]]) -> None:
    """Runs one node; `parsed` holds our arguments, and those that TFX hands to Beam."""
    arguments, beam_args = parsed
    read_in_batches()
    task = _parse(arguments.json_serialized_invocation_args, ExecutorInput())
    inputs = _parse(arguments.json_serialized_inputs_spec_args, ComponentInputsSpec())
    prepare(task, inputs)
    addresses = localise(task)
    if arguments.resolve_span:
        resolve_span(task, inputs)
    arguments.json_serialized_invocation_args = json_format.MessageToJson(task)
    arguments.json_serialized_inputs_spec_args = json_format.MessageToJson(inputs)
    output_file = Path(task.outputs.output_file)
    output_file.unlink(missing_ok=True)  # an earlier attempt may have left it
    kubeflow_v2_run_executor.main((arguments, beam_args))
    output = _parse(output_file.read_text("utf-8"), ExecutorOutput())
    restore(output, addresses)
    output_file.write_text(json_format.MessageToJson(output), encoding="utf-8")


def prepare(task: ExecutorInput, inputs: ComponentInputsSpec) -> None:
    """Gives the input artifacts of a task their types, in place, and drops the absent ones."""
    for name, found in task.inputs.artifacts.items():
        present = [each for each in found.artifacts if ABSENT_PROPERTY not in each.metadata.fields]
        del found.artifacts[:]
        found.artifacts.extend(present)
        for artifact in found.artifacts:
            if artifact.type.WhichOneof("kind") is None:
                artifact.type.CopyFrom(inputs.artifacts[name].artifact_type)


def localise(task: ExecutorInput) -> dict[str, str]:
    """Replaces addresses by the launcher's folders, in place; returns the addresses by folder."""
    for found in task.inputs.artifacts.values():
        for artifact in found.artifacts:
            artifact.uri = local_folder(artifact.uri)
    addresses = {}
    for made in task.outputs.artifacts.values():
        for artifact in made.artifacts:
            address, artifact.uri = artifact.uri, local_folder(artifact.uri)
            addresses[artifact.uri] = address
    return addresses


def restore(output: ExecutorOutput, addresses: Mapping[str, str]) -> None:
    """Replaces folders by their addresses, which `localise` returned, in place."""
    for made in output.artifacts.values():
        for artifact in made.artifacts:
            artifact.uri = addresses[artifact.uri]


def local_folder(address: str) -> str:
    """Returns the folder that Kubeflow's launcher copies an artifact to or from.

    >>> local_folder("minio://mlpipeline/v2/artifacts/Trainer/model")
    '/minio/mlpipeline/v2/artifacts/Trainer/model'
    >>> local_folder("/mnt/movielens/model")
    '/mnt/movielens/model'
    """
    for scheme, folder in LOCAL_FOLDERS.items():
        if address.startswith(scheme):
            root = os.environ.get(ROOT_VARIABLE, "/")
            return os.path.join(root, folder, address.removeprefix(scheme))  # noqa: PTH118 - a URI's trailing slash stays
    return address


def resolve_span(task: ExecutorInput, inputs: ComponentInputsSpec) -> None:
    """Lets the driver of our ExampleGen find what to read.

    The task gets the resolved options, and its examples their span and the files' fingerprint;
    `inputs` gets the types of new options.

    Raises:
        MissingSpanError: The requested span does not exist.
    """
    options = kubeflow_v2_entrypoint_utils.parse_execution_properties(
        task.inputs.parameter_values, {}, inputs
    )
    resolved = Driver(None).resolve_exec_properties(options, None, None)
    for name, value in resolved.items():
        if isinstance(value, int):
            task.inputs.parameter_values[name].number_value = value
            inputs.parameters[name].parameter_type = ParameterType.NUMBER_INTEGER
        elif value is not None:
            task.inputs.parameter_values[name].string_value = value
    (examples,) = task.outputs.artifacts[standard_component_specs.EXAMPLES_KEY].artifacts
    for name in _DESCRIBED_BY:
        if resolved[name] is not None:
            examples.metadata[name] = resolved[name]


def _parse(text: str, message: Any) -> Any:
    return json_format.Parse(text, message, ignore_unknown_fields=True)


def _parse_arguments(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse_flags.ArgumentParser(allow_abbrev=False)  # it handles absl's own flags
    parser.add_argument("--resolve_span", action="store_true")
    for name in (
        "executor_class_path",
        "json_serialized_invocation_args",
        "json_serialized_inputs_spec_args",
    ):
        parser.add_argument(f"--{name}", required=True)
    parsed: tuple[argparse.Namespace, list[str]] = parser.parse_known_args(argv[1:])
    return parsed


if __name__ == "__main__":
    app.run(main, argv=sys.argv, flags_parser=_parse_arguments)
