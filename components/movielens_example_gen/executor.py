"""Executor of MovieLensExampleGen: opens the folders, runs the Beam pipeline, checks the result."""

import json
from typing import Final

import tensorflow as tf
from google.protobuf import struct_pb2
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import proto_utils

from components.interface import Artifacts, Options
from components.movielens_example_gen.driver import FOLDERS_KEY
from components.movielens_example_gen.report import check_report, read_report
from components.movielens_example_gen.steps import Destination, ingest
from components.statistics_gen.executor import write_rows
from movielens.config import IngestConfig, ReadOptions
from movielens.reading.source import open_sources
from transform_module import features

SPLITS: Final = (*features.RATING_SPLITS, features.SPLIT_CATALOGUE)
INGEST_REPORT_KEY: Final = "ingest_report"
CONFIG_FIELD: Final = "ingest_config"
READ_FIELD: Final = "read_options"
QUARANTINE_FIELD: Final = "quarantine_dir"


class Executor(base_beam_executor.BaseBeamExecutor):
    """Turns a MovieLens folder into Examples and a report."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: Options) -> None:  # noqa: ARG002
        """Reads the `folders` as `custom_config` says, to `examples` and `ingest_report`."""
        custom_config, packed = example_gen_pb2.CustomConfig(), struct_pb2.Struct()
        proto_utils.json_to_proto(
            exec_properties[standard_component_specs.CUSTOM_CONFIG_KEY], custom_config
        )
        custom_config.custom_config.Unpack(packed)
        options = {name: str(value) for name, value in packed.items()}
        config = IngestConfig.model_validate_json(options[CONFIG_FIELD])
        reading = ReadOptions.model_validate_json(options[READ_FIELD])
        sources = open_sources(json.loads(exec_properties[FOLDERS_KEY]), reading)
        (examples,) = output_dict[standard_component_specs.EXAMPLES_KEY]
        (report,) = output_dict[INGEST_REPORT_KEY]
        # By these properties StatisticsGen, Transform and others read the artifact.
        examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
        examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(examples, "tfrecords_gzip")
        destination = Destination(
            split_folders={name: artifact_utils.get_split_uri([examples], name) for name in SPLITS},
            scratch=tf.io.gfile.join(examples.uri, ".partial"),
            report_folder=report.uri,
        )
        with self._make_beam_pipeline() as pipeline:
            _ = pipeline | "Ingest" >> ingest(sources, reading, config, destination)
        tf.io.gfile.rmtree(destination.scratch)
        write_rows(examples, read_report(report.uri)["splits"])
        check_report(report.uri, config, reading, options[QUARANTINE_FIELD] or None)
