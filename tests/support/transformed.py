"""Fits the preprocessing on rows in memory and writes transformed examples, as Transform does."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tfx_bsl.tfxio.dataset_options import RecordBatchesOptions
from tfx_bsl.tfxio.tf_example_record import TFExampleRecord

from tests.support.examples import RAW_SPEC, Row, serialized
from transform_module.preprocessing import preprocessing_fn


def fit_graph(folder: Path, train: Sequence[Row], **options: Any) -> tft.TFTransformOutput:
    """Analyses the train rows and saves the transform graph into `folder/graph`."""
    metadata = tft.DatasetMetadata.from_feature_spec(RAW_SPEC)
    direct = beam.options.pipeline_options.PipelineOptions(
        ["--runner=DirectRunner", "--direct_running_mode=in_memory"]
    )
    graph_folder = str(folder / "graph")
    with (
        tft_beam.Context(temp_dir=str(folder / "temp")),
        beam.Pipeline(options=direct) as pipeline,
    ):
        fitted = (pipeline | beam.Create(list(train)), metadata) | tft_beam.AnalyzeDataset(
            lambda inputs: preprocessing_fn(inputs, {"transform": options})
        )
        _ = fitted | tft_beam.WriteTransformFn(graph_folder)
        raw_metadata_folder = f"{graph_folder}/{tft.TFTransformOutput.RAW_METADATA_DIR}"
        _ = metadata | tft_beam.WriteMetadata(raw_metadata_folder, pipeline)
    return tft.TFTransformOutput(graph_folder)


def apply_graph(output: tft.TFTransformOutput, rows: Sequence[Row]) -> dict[str, Any]:
    """Applies the saved graph to raw rows, each going through its serialized example."""
    parsed = tf.io.parse_example([serialized(row) for row in rows], RAW_SPEC)
    transformed: dict[str, Any] = _layer(output)(parsed)
    return transformed


def read_table(graph: str, files: Sequence[str]) -> pa.Table:
    """Reads the rows of transformed examples, in the order of their files.

    Args:
        graph: Folder of the transform graph.
        files: The files of the examples.
    """
    records = TFExampleRecord(
        list(files),
        schema=tft.TFTransformOutput(graph).transformed_metadata.schema,
        telemetry_descriptors=["tests"],
    )
    options = RecordBatchesOptions(batch_size=4096, num_epochs=1, shuffle=False)
    return pa.Table.from_batches(records.RecordBatches(options))


@functools.lru_cache(maxsize=4)
def _layer(output: tft.TFTransformOutput) -> Any:
    """Loads a graph once for several calls."""
    return output.transform_features_layer()


def write_splits(
    folder: Path, output: tft.TFTransformOutput, splits: Mapping[str, Sequence[Row]]
) -> None:
    """Writes transformed rows to `folder/Split-<name>/examples.gz`."""
    for split, rows in splits.items():
        columns = apply_graph(output, rows) if rows else {}
        by_row = {name: _by_row(column, len(rows)) for name, column in columns.items()}
        path = folder / f"Split-{split}" / "examples.gz"
        path.parent.mkdir(parents=True)
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            for position in range(len(rows)):
                values = {name: column[position] for name, column in by_row.items()}
                writer.write(_example(values))


def _by_row(column: Any, rows: int) -> list[np.ndarray]:
    """The values of each row, flat."""
    if isinstance(column, tf.SparseTensor):
        ends = np.searchsorted(column.indices[:, 0].numpy(), np.arange(1, rows))
        return np.split(column.values.numpy(), ends)
    return list(column.numpy().reshape(rows, -1))


def _example(values: Mapping[str, np.ndarray]) -> bytes:
    example = tf.train.Example()
    for name, column in values.items():
        feature = example.features.feature[name]
        if column.dtype == object:
            feature.bytes_list.value.extend(column)
        elif column.dtype == np.float32:
            feature.float_list.value.extend(column)
        else:
            feature.int64_list.value.extend(column)
    return example.SerializeToString()
