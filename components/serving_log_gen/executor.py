"""Turns the files of a serving log into Examples."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.serving_log_gen.driver import FILES_KEY
from components.serving_log_gen.transforms import Conversion, ConvertFile
from transform_module import features

SPLIT_SERVING: Final = "serving"
COUNTS_FILE: Final = "counts.json"


class Executor(base_beam_executor.BaseBeamExecutor):
    """Reads the log, file by file."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Converts the log.

        Args:
            input_dict: `catalogue`, Examples with a split of that name.
            output_dict: `examples`, which gets the split `serving` and a file of counts.
            exec_properties: `files` (the driver's, JSON) and `model_name`.

        Raises:
            UnreadableServingLogError: a file is no TFRecord of PredictionLog.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        _describe(examples)
        catalogue = artifact_utils.get_split_uri(input_dict["catalogue"], features.SPLIT_CATALOGUE)
        conversion = Conversion(
            files=tuple(json.loads(exec_properties[FILES_KEY])),
            model_name=exec_properties["model_name"],
            catalogue=tuple(str(path) for path in sorted(Path(catalogue).iterdir())),
            folder=artifact_utils.get_split_uri([examples], SPLIT_SERVING),
            scratch=str(Path(examples.uri) / ".partial"),
        )
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "Number" >> beam.Create(range(len(conversion.files)))
                | "Spread" >> beam.Reshuffle()
                | "Convert" >> beam.ParDo(ConvertFile(conversion))
                | "Sum" >> beam.CombineGlobally(_total)
                | "Tell" >> beam.Map(_write_counts, str(Path(examples.uri) / COUNTS_FILE))
            )
        Path(conversion.scratch).rmdir()


def read_counts(examples: types.Artifact) -> Counter[str]:
    """How many requests of each kind the log had, and how many rows they made."""
    return Counter(json.loads((Path(examples.uri) / COUNTS_FILE).read_text(encoding="utf-8")))


def _total(counts: Any) -> Counter[str]:
    total = Counter[str]()
    for each in counts:
        total.update(each)
    return total


def _write_counts(counts: Counter[str], path: str) -> None:
    io_utils.write_string_file(path, json.dumps(counts, sort_keys=True))


def _describe(examples: types.Artifact) -> None:
    examples.split_names = artifact_utils.encode_split_names([SPLIT_SERVING])
    examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
    examples_utils.set_file_format(examples, "tfrecords_gzip")
