"""What the program of Kubeflow's containers does before and after TFX's."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2
from tfx.dsl.components.base import base_executor

from components.movielens_example_gen.component import MovieLensExampleGen
from components.movielens_example_gen.driver import last_spans
from movielens.config import IngestConfig
from movielens.reading.source import content_fingerprint
from pipeline.runners import kubeflow_entrypoint

MODEL_TYPE = {"instanceSchema": "title: tfx.Model\ntype: object\n"}
INPUTS_SPEC = {"artifacts": {"model": {"artifactType": MODEL_TYPE}}, "parameters": {}}


class CopyingExecutor(base_executor.BaseExecutor):
    """Copies its input, if there is one, and says where it ran."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None:  # noqa: ARG002, N802
        (copy,) = output_dict["copy"]
        for model in input_dict["model"]:
            assert model.type_name == "Model"
            Path(copy.uri).mkdir(parents=True)
            (Path(copy.uri) / "graph").write_bytes((Path(model.uri) / "graph").read_bytes())
        copy.set_string_custom_property("inputs", str(len(input_dict["model"])))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The container's root, where Kubeflow's launcher has put the input."""
    monkeypatch.setenv("MOVIELENS_LAUNCHER_ROOT", str(tmp_path))
    folder = tmp_path / "minio" / "bucket" / "Trainer" / "model"
    folder.mkdir(parents=True)
    (folder / "graph").write_bytes(b"graph")
    return tmp_path


def start(root: Path, **metadata: float) -> dict[str, Any]:
    """Runs a container; returns the output file as JSON."""
    output_file = root / "outputs" / "metadata.json"
    task = {
        "inputs": {
            "artifacts": {
                "model": {
                    "artifacts": [
                        {
                            "name": "12",
                            "uri": "minio://bucket/Trainer/model",
                            "metadata": metadata,
                        }
                    ]
                }
            }
        },
        "outputs": {
            "artifacts": {
                "copy": {"artifacts": [{"uri": "minio://bucket/Copy/copy", "type": MODEL_TYPE}]}
            },
            "outputFile": str(output_file),
        },
    }
    parsed = kubeflow_entrypoint._parse_arguments(
        [
            "program",
            *("--executor_class_path", f"{__name__}.CopyingExecutor"),
            *("--json_serialized_invocation_args", json.dumps(task)),
            *("--json_serialized_inputs_spec_args", json.dumps(INPUTS_SPEC)),
            "--runner=DirectRunner",
        ]
    )
    kubeflow_entrypoint.main(parsed)
    json_format.Parse(output_file.read_text(), pipeline_spec_pb2.ExecutorOutput())
    output: dict[str, Any] = json.loads(output_file.read_text())
    return output


def test_artifacts_are_read_and_written_in_the_launcher_s_folders(root: Path) -> None:
    output = start(root)
    assert (root / "minio/bucket/Copy/copy/graph").read_bytes() == b"graph"
    (copy,) = output["artifacts"]["copy"]["artifacts"]
    assert copy["uri"] == "minio://bucket/Copy/copy"
    assert copy["metadata"]["inputs"] == "1"


def test_an_absent_input_is_none_to_the_executor(root: Path) -> None:
    output = start(root, absent=1.0)
    (copy,) = output["artifacts"]["copy"]["artifacts"]
    assert copy["metadata"]["inputs"] == "0"


def test_arguments_of_beam_are_passed_on() -> None:
    arguments, beam = kubeflow_entrypoint._parse_arguments(
        [
            "program",
            "--resolve_span",
            *("--executor_class_path", "x"),
            *("--json_serialized_invocation_args", "{}"),
            *("--json_serialized_inputs_spec_args", "{}"),
            "--runner=DirectRunner",
        ]
    )
    assert arguments.resolve_span
    assert beam == ["--runner=DirectRunner"]


def test_the_spans_of_a_window_are_found_where_the_node_runs(tmp_path: Path) -> None:
    for span in ("span-1", "span-2"):
        (tmp_path / span).mkdir()
        for name in ("ratings.csv", "movies.csv"):
            (tmp_path / span / name).touch()
    node = MovieLensExampleGen(
        f"{tmp_path}/span-{{SPAN}}", config=IngestConfig(), range_config=last_spans(2)
    )
    task, inputs = pipeline_spec_pb2.ExecutorInput(), pipeline_spec_pb2.ComponentInputsSpec()
    for name, value in node.exec_properties.items():
        if isinstance(value, str):
            task.inputs.parameter_values[name].string_value = value
    task.outputs.artifacts["examples"].artifacts.add()
    kubeflow_entrypoint.resolve_span(task, inputs)
    folders = task.inputs.parameter_values["folders"].string_value
    assert json.loads(folders) == [f"{tmp_path}/span-1", f"{tmp_path}/span-2"]
    (examples,) = task.outputs.artifacts["examples"].artifacts
    assert examples.metadata["span"] == 2
    fingerprints = examples.metadata["input_fingerprint"].split(";")
    assert fingerprints == [content_fingerprint(str(tmp_path / "span-1"))] * 2  # alike, and empty


@pytest.mark.parametrize(
    ("address", "folder"),
    [
        ("gs://b/k", "/gcs/b/k"),
        ("s3://b/k", "/s3/b/k"),
        ("minio://b/k", "/minio/b/k"),
        ("/mnt/k", "/mnt/k"),
    ],
)
def test_addresses_are_the_launcher_s_folders(
    monkeypatch: pytest.MonkeyPatch, address: str, folder: str
) -> None:
    monkeypatch.delenv("MOVIELENS_LAUNCHER_ROOT", raising=False)
    assert kubeflow_entrypoint.local_folder(address) == folder
