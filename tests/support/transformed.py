"""Fits the preprocessing on rows in memory, as Transform does, and writes examples."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam

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


@functools.lru_cache(maxsize=4)
def _layer(output: tft.TFTransformOutput) -> Any:
    """Loads a graph once for several calls."""
    return output.transform_features_layer()


def write_splits(folder: Path, splits: Mapping[str, Sequence[Row]]) -> None:
    """Writes raw rows to `folder/Split-<name>/examples.gz`."""
    for split, rows in splits.items():
        path = folder / f"Split-{split}" / "examples.gz"
        path.parent.mkdir(parents=True)
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            for row in rows:
                writer.write(serialized(row))
