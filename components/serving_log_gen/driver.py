"""Finds the files of the log when a run begins, so that new files miss the cache."""

import copy
import glob
import hashlib
import json
from pathlib import Path
from typing import Final

from tfx.components.example_gen import utils
from tfx.dsl.components.base import base_driver
from tfx.orchestration import data_types_utils
from tfx.orchestration.portable import base_driver as portable_driver
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2

from serving.contract import LOG_SUFFIX, OPEN_SUFFIX

FILES_KEY: Final = "files"


class MissingServingLogError(ValueError):
    """There is no file where the serving log should be."""


class Driver(base_driver.BaseDriver, portable_driver.BaseDriver):
    """Adds the files and their fingerprint to the key of the cache."""

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Returns the properties with two more, and the examples with the second as a property.

        `files` is JSON of the paths; `input_fingerprint` is named as an ExampleGen's.
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


def find_files(serving_log: str) -> list[Path]:
    """Returns the finished files of a log, sorted by name.

    The log is a pattern with `*`, `?` or `[...]`, or the prefix of a client's `RequestLog`.
    """
    is_pattern = glob.has_magic(serving_log)
    pattern = serving_log if is_pattern else f"{glob.escape(serving_log)}*{LOG_SUFFIX}"
    found = [Path(name) for name in sorted(glob.glob(pattern))]  # noqa: PTH207
    files = [path for path in found if path.is_file() and path.suffix != OPEN_SUFFIX]
    if not files:
        raise MissingServingLogError(
            f"No file of a serving log matches {pattern}. Set skew.serving_log to the prefix of "
            "the clients' RequestLog, or to a pattern of its files, and let one be finished "
            "(docs/how_to/ask_a_model.md); or leave skew.serving_log out."
        )
    return files


def files_fingerprint(files: list[Path]) -> str:
    """Returns the first 16 hexadecimal digits of a SHA-256 of the files' names and contents."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(f"{path}\0".encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
