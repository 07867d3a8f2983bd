"""Examples that are read in batches are those that tfx_bsl's own source reads."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pytest
import tensorflow as tf
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.tfxio.tf_example_record import TFExampleRecord

from components.batched_reading import BatchedExamples
from pipeline.config.general import IN_PROCESS_BEAM_ARGS

Read = Callable[..., tuple[list[int], list[dict[str, Any]]]]

IDS = schema_pb2.Schema(
    feature=[schema_pb2.Feature(name=name, type=schema_pb2.INT) for name in ("id", "list")]
)


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two compressed files, of 1,200 and 3 examples; "list" is absent from every third."""
    folder = tmp_path_factory.mktemp("records")
    for number, ids in enumerate((range(1200), range(1200, 1203))):
        options = tf.io.TFRecordOptions(compression_type="GZIP")
        with tf.io.TFRecordWriter(str(folder / f"data-{number}.gz"), options) as writer:
            for each in ids:
                example = tf.train.Example()
                example.features.feature["id"].int64_list.value.append(each)
                if each % 3:
                    example.features.feature["list"].int64_list.value.extend([each, 7])
                writer.write(example.SerializeToString(deterministic=True))
    return f"{folder}/*"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Returns the sizes of the batches of a reader's source, and the rows by their ids."""

    def read(reader: Any, batch_size: int | None = None) -> tuple[list[int], list[dict[str, Any]]]:
        kept = tmp_path / "batches.pickle"
        with beam.Pipeline(options=PipelineOptions(list(IN_PROCESS_BEAM_ARGS))) as pipeline:
            batches = pipeline | reader.BeamSource(batch_size)
            lists = batches | beam.Map(pa.RecordBatch.to_pylist) | beam.combiners.ToList()
            _ = lists | beam.Map(pickle.dumps) | beam.Map(kept.write_bytes)
        found = pickle.loads(kept.read_bytes())  # noqa: S301, it was written just now
        # Without a schema a batch has only the features that occur in it.
        rows = [{name: row[name] for name in row if row[name]} for batch in found for row in batch]
        return [len(batch) for batch in found], sorted(rows, key=lambda row: str(row["id"]))

    return read


@pytest.mark.parametrize("raw_record_column_name", [None, "raw"])
@pytest.mark.parametrize("schema", [None, IDS])
def test_rows_are_those_of_the_usual_source(
    read: Read, pattern: str, schema: schema_pb2.Schema | None, raw_record_column_name: str | None
) -> None:
    options = {
        "file_pattern": pattern,
        "schema": schema,
        "raw_record_column_name": raw_record_column_name,
        "telemetry_descriptors": ["test"],
    }
    sizes, rows = read(BatchedExamples(**options))
    assert sorted(sizes) == [3, 200, 1000]
    assert rows == read(TFExampleRecord(**options))[1]
    assert len(rows) == 1203


def test_batches_may_be_of_another_size(read: Read, pattern: str) -> None:
    reader = BatchedExamples(file_pattern=pattern, schema=IDS, telemetry_descriptors=["test"])
    assert max(read(reader, 500)[0]) == 500
