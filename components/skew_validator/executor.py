"""Compares the statistics and writes the anomalies."""

import json
from collections.abc import Mapping
from typing import Final

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import types
from tfx.components.example_validator.executor import DEFAULT_FILE_NAME
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import writer_utils

from components.interface import Artifacts, Options
from components.skew_validator.comparison import compare
from transform_module import features

_TOO_FEW_PROPERTY: Final = "too_few"


class Executor(base_executor.BaseExecutor):
    """A thin `Do` around TFDV."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: Options) -> None:
        """Compares `train`, and the histories of `eval`, with the only split of the log."""
        (training,), (serving,) = input_dict["statistics"], input_dict["serving_statistics"]
        (anomalies,) = output_dict["anomalies"]
        (split,) = artifact_utils.decode_split_names(serving.split_names)
        load = stats_artifact_utils.load_statistics
        found = compare(
            load(training, features.SPLIT_TRAIN).proto(),
            load(training, features.SPLIT_EVAL).proto(),
            load(serving, split).proto(),
            text_format.Parse(exec_properties["thresholds"], schema_pb2.Schema()),
            exec_properties["min_rows"],
        )
        anomalies.split_names = serving.split_names
        anomalies.set_string_custom_property(_TOO_FEW_PROPERTY, json.dumps(dict(found.too_few)))
        folder = artifact_utils.get_split_uri([anomalies], split)
        writer_utils.write_anomalies(f"{folder}/{DEFAULT_FILE_NAME}", found.anomalies)


def read_too_few(anomalies: types.Artifact) -> Mapping[str, int]:
    """Returns how many rows of the log have a feature, by feature that was not compared."""
    counts: dict[str, int] = json.loads(
        anomalies.get_string_custom_property(_TOO_FEW_PROPERTY) or "{}"
    )
    return counts
