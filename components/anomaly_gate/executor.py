"""Reads what a validator found and fails the run if it must stop."""

import dataclasses
import json
from pathlib import Path
from typing import Final

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import types
from tfx.components.example_validator.executor import DEFAULT_FILE_NAME
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.anomaly_gate.anomalies import judge, read_anomalies
from components.interface import Artifacts, Options

_FOLDER_PREFIXES: Final = ("Split", "SplitPair")  # of ExampleValidator, of DistributionValidator


class Executor(base_executor.BaseExecutor):
    """The gate."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: Options) -> None:
        """Writes the tolerated anomalies of all splits to `notes`, as a JSON list."""
        (artifact,), (notes,) = input_dict["anomalies"], output_dict["notes"]
        found = [
            anomaly
            # DistributionValidator writes no split if there was nothing to compare with.
            for split in artifact_utils.decode_split_names(artifact.split_names)
            for anomaly in read_anomalies(split, load_anomalies(artifact, split))
        ]
        tolerated = json.loads(exec_properties["tolerated"])
        noted = judge(found, tolerated, exec_properties["remedy"])
        notes.write(json.dumps([dataclasses.asdict(anomaly) for anomaly in noted]))


def load_anomalies(artifact: types.Artifact, split: str) -> anomalies_pb2.Anomalies:
    """Reads what a validator wrote of a split, or of a pair of splits."""
    folders = [Path(artifact.uri) / f"{prefix}-{split}" for prefix in _FOLDER_PREFIXES]
    folder = next(folder for folder in folders if folder.is_dir())
    return anomalies_pb2.Anomalies.FromString((folder / DEFAULT_FILE_NAME).read_bytes())
