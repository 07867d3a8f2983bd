"""What every container of the pipeline starts on Kubeflow: TFX's executor, told what it expects.

TFX's own container program was written for a managed service. Kubeflow Pipelines differs from it in
four things, each put right before or after:

* artifacts are named by the address of an object store, and are to be read and written where the
  launcher copies them from and to: `minio://bucket/key` is the folder `/minio/bucket/key`;
* input artifacts come without their types, which the component's declaration knows;
* an input that was declared absent (`components.pushed_baseline`) is no artifact to TFX;
* the spans to read are found here, by the component's own driver, not by a hook
  (`--resolve_span`).
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
from kfp.pipeline_spec import pipeline_spec_pb2
from tfx.components.example_gen import utils
from tfx.orchestration.kubeflow.v2.container import (
    kubeflow_v2_entrypoint_utils,
    kubeflow_v2_run_executor,
)
from tfx.types import standard_component_specs

from components.movielens_example_gen.driver import Driver
from components.pushed_baseline.executor import ABSENT_PROPERTY

# Of Kubeflow's launcher: the scheme of an object store to the folder that stands for it.
LOCAL_FOLDERS: Final = {"gs://": "gcs", "s3://": "s3", "minio://": "minio"}
# Where those folders are: in the root of a container, and elsewhere where there is no container.
ROOT_VARIABLE: Final = "MOVIELENS_LAUNCHER_ROOT"
_DESCRIBED_BY: Final = (
    utils.SPAN_PROPERTY_NAME,
    utils.VERSION_PROPERTY_NAME,
    utils.FINGERPRINT_PROPERTY_NAME,
)


def main(parsed: tuple[argparse.Namespace, list[str]]) -> None:
    """Runs one node.

    Args:
        parsed: our arguments, and those that TFX hands to Beam.
    """
    arguments, beam_args = parsed
    task = _parse(arguments.json_serialized_invocation_args, pipeline_spec_pb2.ExecutorInput())
    inputs = _parse(
        arguments.json_serialized_inputs_spec_args, pipeline_spec_pb2.ComponentInputsSpec()
    )
    prepare(task, inputs)
    addresses = localise(task)
    if arguments.resolve_span:
        resolve_span(task, inputs)
    arguments.json_serialized_invocation_args = json_format.MessageToJson(task)
    arguments.json_serialized_inputs_spec_args = json_format.MessageToJson(inputs)
    output_file = Path(task.outputs.output_file)
    output_file.unlink(missing_ok=True)  # of a try before this one
    kubeflow_v2_run_executor.main((arguments, beam_args))
    output = _parse(output_file.read_text("utf-8"), pipeline_spec_pb2.ExecutorOutput())
    restore(output, addresses)
    output_file.write_text(json_format.MessageToJson(output), encoding="utf-8")


def prepare(task: Any, inputs: Any) -> None:
    """Gives the input artifacts their types and leaves the absent ones out.

    Args:
        task: the `ExecutorInput`, changed in place.
        inputs: the component's `ComponentInputsSpec`.
    """
    for name, found in task.inputs.artifacts.items():
        present = [each for each in found.artifacts if not _is_absent(each)]
        del found.artifacts[:]
        found.artifacts.extend(present)
        for artifact in found.artifacts:
            if artifact.type.WhichOneof("kind") is None:
                artifact.type.CopyFrom(inputs.artifacts[name].artifact_type)


def localise(task: Any) -> Mapping[str, str]:
    """Puts the launcher's folders in the place of addresses.

    Args:
        task: the `ExecutorInput`, changed in place.

    Returns:
        The address of each folder that outputs are written to.
    """
    for found in task.inputs.artifacts.values():
        for artifact in found.artifacts:
            artifact.uri = local_folder(artifact.uri)
    addresses = {}
    for made in task.outputs.artifacts.values():
        for artifact in made.artifacts:
            address, artifact.uri = artifact.uri, local_folder(artifact.uri)
            addresses[artifact.uri] = address
    return addresses


def restore(output: Any, addresses: Mapping[str, str]) -> None:
    """Names the outputs by their addresses again.

    Args:
        output: the `ExecutorOutput`, changed in place.
        addresses: what `localise` returned.
    """
    for made in output.artifacts.values():
        for artifact in made.artifacts:
            artifact.uri = addresses[artifact.uri]


def local_folder(address: str) -> str:
    """The folder that Kubeflow's launcher copies an artifact to or from.

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


def resolve_span(task: Any, inputs: Any) -> None:
    """Lets the driver of our ExampleGen find what to read.

    Args:
        task: the `ExecutorInput`; gets the resolved options, and its examples their span and the
            fingerprint of the files.
        inputs: the component's `ComponentInputsSpec`; gets the types of options that are new.

    Raises:
        MissingSpanError: the span that is asked for is not there.
    """
    options = kubeflow_v2_entrypoint_utils.parse_execution_properties(
        task.inputs.parameter_values, {}, inputs
    )
    resolved = Driver(None).resolve_exec_properties(options, None, None)
    for name, value in resolved.items():
        if isinstance(value, int):
            task.inputs.parameter_values[name].number_value = value
            inputs.parameters[name].parameter_type = pipeline_spec_pb2.ParameterType.NUMBER_INTEGER
        elif value is not None:
            task.inputs.parameter_values[name].string_value = value
    (examples,) = task.outputs.artifacts[standard_component_specs.EXAMPLES_KEY].artifacts
    for name in _DESCRIBED_BY:
        if resolved[name] is not None:
            examples.metadata[name] = resolved[name]


def _is_absent(artifact: Any) -> bool:
    return ABSENT_PROPERTY in artifact.metadata.fields


def _parse(text: str, message: Any) -> Any:
    return json_format.Parse(text, message, ignore_unknown_fields=True)


def _parse_arguments(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse_flags.ArgumentParser(allow_abbrev=False)  # it sees to absl's own flags
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
