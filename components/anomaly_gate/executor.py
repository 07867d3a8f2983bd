"""Reads what a validator found and fails the run where it must not go on."""

import dataclasses
import json
from pathlib import Path
from typing import Any, Final

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import types
from tfx.components.example_validator.executor import DEFAULT_FILE_NAME
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.anomaly_gate.anomalies import judge, read_anomalies

_FOLDER_PREFIXES: Final = ("Split", "SplitPair")  # of ExampleValidator, of DistributionValidator


class Executor(base_executor.BaseExecutor):
    """The gate: passes, with notes, or raises."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Judges the anomalies of every split.

        Args:
            input_dict: `anomalies`, of ExampleValidator or DistributionValidator. The latter's have
                no splits where there was nothing to compare with.
            output_dict: `notes`, which receives a JSON list of the tolerated anomalies.
            exec_properties: `tolerated`, JSON: by feature, the kinds that stop nothing; `remedy`.

        Raises:
            DataAnomaliesError: an anomaly that is not tolerated.
        """
        artifact = artifact_utils.get_single_instance(input_dict["anomalies"])
        found = [
            anomaly
            for split in artifact_utils.decode_split_names(artifact.split_names)
            for anomaly in read_anomalies(split, load_anomalies(artifact, split))
        ]
        tolerated = json.loads(exec_properties["tolerated"])
        noted = judge(found, tolerated, exec_properties["remedy"])
        notes = artifact_utils.get_single_instance(output_dict["notes"])
        notes.write(json.dumps([dataclasses.asdict(anomaly) for anomaly in noted]))


def load_anomalies(artifact: types.Artifact, split: str) -> anomalies_pb2.Anomalies:
    """What a validator wrote of a split, or of a pair of splits."""
    folders = [Path(artifact.uri) / f"{prefix}-{split}" for prefix in _FOLDER_PREFIXES]
    folder = next(folder for folder in folders if folder.is_dir())
    return anomalies_pb2.Anomalies.FromString((folder / DEFAULT_FILE_NAME).read_bytes())
