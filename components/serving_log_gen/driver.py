"""Finds the files of the log when a run begins, so that new files miss the cache."""

import copy
import json
from typing import Final

from tfx.components.example_gen import utils
from tfx.dsl.components.base import base_driver
from tfx.orchestration import data_types_utils
from tfx.orchestration.portable import base_driver as portable_driver
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2

from components.serving_log_gen.log_files import files_fingerprint, find_files

FILES_KEY: Final = "files"


class Driver(base_driver.BaseDriver, portable_driver.BaseDriver):
    """Adds the files and their fingerprint to the key of the cache."""

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Returns the properties with two more, and the examples with the second as a property.

        `files` is JSON of the paths; `input_fingerprint` is named as an ExampleGen's.

        Raises:
            MissingServingLogError: The log has no file.
        """
        files = find_files(str(execution_info.exec_properties["serving_log"]))
        fingerprint = files_fingerprint(files)
        properties = {
            **execution_info.exec_properties,
            FILES_KEY: json.dumps([str(path) for path in files]),
            utils.FINGERPRINT_PROPERTY_NAME: fingerprint,
        }
        output = driver_output_pb2.DriverOutput()
        for name, value in properties.items():
            data_types_utils.set_metadata_value(output.exec_properties[name], value)
        (examples,) = execution_info.output_dict["examples"]
        described = copy.deepcopy(examples.mlmd_artifact)
        described.custom_properties[utils.FINGERPRINT_PROPERTY_NAME].string_value = fingerprint
        output.output_artifacts["examples"].artifacts.append(described)
        return output
