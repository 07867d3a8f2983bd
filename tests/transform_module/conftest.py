"""Runs the preprocessing over rows in memory, as the Transform component does over examples."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam

from tests.support.examples import RAW_SPEC, Row, serialized
from transform_module.preprocessing import preprocessing_fn


@dataclasses.dataclass(frozen=True)
class Transformed:
    """Transformed rows, and the graph that made them."""

    train: list[Row]
    other: list[Row]
    output: tft.TFTransformOutput

    def column(self, name: str) -> np.ndarray:
        """The values of one feature over the train rows, [N, ...]."""
        return np.stack([np.asarray(row[name]) for row in self.train])


Transform = Callable[..., Transformed]


@pytest.fixture
def transform(tmp_path: Path) -> Transform:
    """Fits the preprocessing on `train` and applies it to `train` and to `other` rows."""

    def run(train: Sequence[Row], other: Sequence[Row] = (), **options: Any) -> Transformed:
        metadata = tft.DatasetMetadata.from_feature_spec(RAW_SPEC)
        graph_folder = str(tmp_path / "graph")
        direct = beam.options.pipeline_options.PipelineOptions(
            ["--runner=DirectRunner", "--direct_running_mode=in_memory"]
        )
        with (
            tft_beam.Context(temp_dir=str(tmp_path / "temp")),
            beam.Pipeline(options=direct) as pipeline,
        ):
            fitted = (pipeline | beam.Create(list(train)), metadata) | tft_beam.AnalyzeDataset(
                lambda inputs: preprocessing_fn(inputs, {"transform": options})
            )
            _ = fitted | tft_beam.WriteTransformFn(graph_folder)
        output = tft.TFTransformOutput(graph_folder)
        return Transformed(
            apply_graph(output, train), apply_graph(output, other) if other else [], output
        )

    return run


def apply_graph(output: tft.TFTransformOutput, rows: Sequence[Row]) -> list[Row]:
    """Applies the saved graph to raw rows, feeding each a serialized example."""
    layer = output.transform_features_layer()
    parsed = tf.io.parse_example([serialized(row) for row in rows], RAW_SPEC)
    columns = {
        name: tf.sparse.to_dense(value).numpy()
        if isinstance(value, tf.SparseTensor)
        else value.numpy()
        for name, value in layer(parsed).items()
    }
    return [{name: column[row] for name, column in columns.items()} for row in range(len(rows))]
