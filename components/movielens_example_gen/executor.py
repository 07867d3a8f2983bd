"""Executor of MovieLensExampleGen: open the folder, run the pipeline, judge the result."""

import json
from typing import Any, Final

import tensorflow as tf
from google.protobuf import struct_pb2
from tfx import types
from tfx.components.example_gen import utils
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import proto_utils

from components.movielens_example_gen.driver import FOLDERS_KEY
from components.movielens_example_gen.limits import check_report
from components.movielens_example_gen.steps import Destination
from components.movielens_example_gen.transforms import Ingest
from movielens.config import IngestConfig, ReadOptions
from movielens.reading.source import open_sources

INGEST_REPORT_KEY: Final = "ingest_report"
CONFIG_FIELD: Final = "ingest_config"
READ_FIELD: Final = "read_options"
QUARANTINE_FIELD: Final = "quarantine_dir"
FINGERPRINT_FIELD: Final = "code_fingerprint"


class Executor(base_beam_executor.BaseBeamExecutor):
    """Turns a MovieLens folder into Examples and a report."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs the ingestion.

        Args:
            input_dict: empty.
            output_dict: `examples` and `ingest_report`.
            exec_properties: `folders` (the driver's: JSON, the oldest span first),
                `input_config`, `output_config` and `custom_config`.

        Raises:
            IngestError: the folder cannot be read, or too many of its rows cannot be used.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        options = _custom_options(exec_properties)
        config = IngestConfig.model_validate_json(options[CONFIG_FIELD])
        reading = ReadOptions.model_validate_json(options[READ_FIELD])
        sources = open_sources(json.loads(exec_properties[FOLDERS_KEY]), reading)
        (examples,) = output_dict[standard_component_specs.EXAMPLES_KEY]
        (report,) = output_dict[INGEST_REPORT_KEY]
        _describe_examples(examples, exec_properties)
        destination = Destination(
            split_folders={
                split: artifact_utils.get_split_uri([examples], split)
                for split in artifact_utils.decode_split_names(examples.split_names)
            },
            scratch=tf.io.gfile.join(examples.uri, ".partial"),
            report_folder=report.uri,
        )
        with self._make_beam_pipeline() as pipeline:
            _ = pipeline | "Ingest" >> Ingest(sources, reading, config, destination)
        tf.io.gfile.rmtree(destination.scratch)
        check_report(report.uri, config, reading, options[QUARANTINE_FIELD] or None)


def _custom_options(exec_properties: dict[str, Any]) -> dict[str, str]:
    custom_config = example_gen_pb2.CustomConfig()
    proto_utils.json_to_proto(
        exec_properties[standard_component_specs.CUSTOM_CONFIG_KEY], custom_config
    )
    options = struct_pb2.Struct()
    custom_config.custom_config.Unpack(options)
    return {name: str(value) for name, value in options.items()}


def _describe_examples(examples: types.Artifact, exec_properties: dict[str, Any]) -> None:
    """Sets the properties by which StatisticsGen, Transform and others read the artifact."""
    input_config, output_config = example_gen_pb2.Input(), example_gen_pb2.Output()
    for key, proto in (
        (standard_component_specs.INPUT_CONFIG_KEY, input_config),
        (standard_component_specs.OUTPUT_CONFIG_KEY, output_config),
    ):
        proto_utils.json_to_proto(exec_properties[key], proto)
    examples.split_names = artifact_utils.encode_split_names(
        utils.generate_output_split_names(input_config, output_config)
    )
    examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
    examples_utils.set_file_format(examples, "tfrecords_gzip")
