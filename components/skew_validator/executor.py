"""Compares the statistics and writes what differs."""

import json
from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import types
from tfx.components.example_validator.executor import DEFAULT_FILE_NAME
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import writer_utils

from components.skew_validator.comparison import compare
from transform_module import features

_TOO_FEW_PROPERTY: Final = "too_few"


class Executor(base_executor.BaseExecutor):
    """A thin `Do` around TFDV."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Compares split `train` with the one split of the log.

        Args:
            input_dict: `statistics` and `serving_statistics`.
            output_dict: `anomalies`, which gets those of the log's split.
            exec_properties: `thresholds`, a Schema with skew comparators in text format, and
                `min_rows`.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        training = artifact_utils.get_single_instance(input_dict["statistics"])
        serving = artifact_utils.get_single_instance(input_dict["serving_statistics"])
        (split,) = artifact_utils.decode_split_names(serving.split_names)
        load = stats_artifact_utils.load_statistics
        found = compare(
            load(training, features.SPLIT_TRAIN).proto(),
            load(serving, split).proto(),
            text_format.Parse(exec_properties["thresholds"], schema_pb2.Schema()),
            exec_properties["min_rows"],
        )
        anomalies = artifact_utils.get_single_instance(output_dict["anomalies"])
        anomalies.split_names = serving.split_names
        anomalies.set_string_custom_property(_TOO_FEW_PROPERTY, json.dumps(dict(found.too_few)))
        folder = artifact_utils.get_split_uri([anomalies], split)
        writer_utils.write_anomalies(f"{folder}/{DEFAULT_FILE_NAME}", found.anomalies)


def read_too_few(anomalies: types.Artifact) -> Mapping[str, int]:
    """By feature that was not compared, how many rows of the log have it."""
    counts: dict[str, int] = json.loads(
        anomalies.get_string_custom_property(_TOO_FEW_PROPERTY) or "{}"
    )
    return counts
