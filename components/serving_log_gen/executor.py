"""Turns the files of a serving log into Examples."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import apache_beam as beam
from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.interface import Artifacts, Options
from components.serving_log_gen.driver import FILES_KEY
from components.serving_log_gen.transforms import Conversion, convert_file, read_genres
from transform_module import features

SPLIT_SERVING: Final = "serving"
COUNTS_FILE: Final = "counts.json"


class Executor(base_beam_executor.BaseBeamExecutor):
    """Reads the log, file by file."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: Options) -> None:
        """Writes the split `serving` of `examples`, and a file of counts beside it."""
        (examples,) = output_dict["examples"]
        examples.split_names = artifact_utils.encode_split_names([SPLIT_SERVING])
        examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(examples, "tfrecords_gzip")
        catalogue = artifact_utils.get_split_uri(input_dict["catalogue"], features.SPLIT_CATALOGUE)
        conversion = Conversion(
            files=tuple(json.loads(exec_properties[FILES_KEY])),
            model_name=exec_properties["model_name"],
            genres=read_genres([str(path) for path in Path(catalogue).iterdir()]),
            folder=artifact_utils.get_split_uri([examples], SPLIT_SERVING),
            scratch=str(Path(examples.uri) / ".partial"),
        )
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "Number" >> beam.Create(range(len(conversion.files)))
                | "Spread" >> beam.Reshuffle()
                | "Convert" >> beam.Map(convert_file, conversion)
                | "Sum" >> beam.CombineGlobally(_total)
                | "WriteCounts" >> beam.Map(_write_counts, str(Path(examples.uri) / COUNTS_FILE))
            )
        # A task that was killed or repeated may have left a partial file there.
        shutil.rmtree(conversion.scratch)


def read_counts(examples: types.Artifact) -> Counter[str]:
    """Returns how many requests of each kind the log had, and how many rows they made."""
    return Counter(json.loads((Path(examples.uri) / COUNTS_FILE).read_text(encoding="utf-8")))


def _total(counts: Iterable[Counter[str]]) -> Counter[str]:
    total = Counter[str]()
    for each in counts:
        total.update(each)  # unlike +, it keeps a count of 0
    return total


def _write_counts(counts: Counter[str], path: str) -> None:
    io_utils.write_string_file(path, json.dumps(counts, sort_keys=True))
