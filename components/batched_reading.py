"""Beam nodes read examples a batch at a time.

tfx_bsl's Beam source passes every single example through Beam, in Python, before it puts a thousand
of them into a batch again. Here a worker takes a whole file, and tfx_bsl reads its batches in C++,
as it does where there is no Beam. Batches have the same rows in every run; Beam's own, whose size
depends on the time that earlier ones took, do not.
"""

from collections.abc import Iterator
from typing import Any, Final

import apache_beam as beam
import pyarrow as pa
from apache_beam.io import fileio
from apache_beam.io.filesystem import FileMetadata
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.tfxio import dataset_options, tf_example_record

_TFExampleRecord: Final[Any] = tf_example_record.TFExampleRecord
_ROWS: Final = 1000  # tfx_bsl's own limit for a batch


class BatchedExamples(_TFExampleRecord):
    """A reader of tf.Examples whose Beam source yields batches."""

    def BeamSource(self, batch_size: int | None = None) -> beam.PTransform:  # noqa: N802
        """Returns a transform that yields record batches of `batch_size` rows, or of 1,000."""
        patterns = self._file_pattern
        schema = None if self._schema is None else self._schema.SerializeToString()
        of_file = (schema, self.raw_record_column_name, batch_size or _ROWS)

        @beam.typehints.with_output_types(pa.RecordBatch)
        def read(pipeline: beam.Pipeline) -> beam.PCollection:
            return (
                pipeline
                | "Patterns" >> beam.Create(patterns)
                | "Files" >> fileio.MatchAll()
                | "SpreadFiles" >> beam.Reshuffle()
                | "Batches" >> beam.FlatMap(_batches, *of_file).with_output_types(pa.RecordBatch)
            )

        return beam.ptransform_fn(read)()


def read_in_batches() -> None:
    """Makes all components of TFX that run in this process read by `BatchedExamples`."""
    tf_example_record.TFExampleRecord = BatchedExamples


def _batches(
    file: FileMetadata, schema: bytes | None, raw_column: str | None, rows: int
) -> Iterator[pa.RecordBatch]:
    reader = _TFExampleRecord(
        file_pattern=[file.path],
        schema=None if schema is None else schema_pb2.Schema.FromString(schema),
        raw_record_column_name=raw_column,
        telemetry_descriptors=[],
    )
    options = dataset_options.RecordBatchesOptions(
        batch_size=rows, drop_final_batch=False, num_epochs=1, shuffle=False
    )
    yield from reader.RecordBatches(options)
