"""Protocol of honesty, on the real data: no test label reaches a feature of any row.

The ratings of the test rows are permuted among them and everything up to Transform is built anew.
Every feature of every row must come out bit for bit the same. With an aggregate over all splits
planted, the same comparison must find it.
"""

import contextlib
import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from google.protobuf import json_format
from tfx.proto.transform_pb2 import SplitsConfig
from tfx.types import Artifact
from tfx_bsl.tfxio import tf_example_record
from tfx_bsl.tfxio.dataset_options import RecordBatchesOptions

from components.movielens_example_gen.config import IngestConfig
from components.movielens_example_gen.default_data import write_default_data
from components.movielens_example_gen.splits import TEST, assign_splits
from pipeline.config import load_config
from pipeline.create import create_pipeline
from pipeline.runners.local import LocalRunner, NodeResult
from transform_module import features

pytestmark = pytest.mark.e2e

LABELS = {features.RATING, features.LIKED}


class Enough(Exception):  # noqa: N818 - nothing went wrong
    """Stops a run behind Transform."""


class UntilTransform:
    """Listens to a run, shows nothing, and keeps what Transform put out."""

    outputs: Mapping[str, list[Artifact]]

    def running(self, _: str) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def finished(self, result: NodeResult) -> None:
        assert result.state == "executed", result.why
        if result.id == "Transform":
            self.outputs = result.outputs
            raise Enough


def transformed(
    data: Path, output: Path, analyse: tuple[str, ...] = (features.SPLIT_TRAIN,)
) -> dict[str, pa.Table]:
    """Ingests and transforms a folder with the real pipeline; the transformed rows by split."""
    pipeline = create_pipeline(load_config(output=str(output), data=str(data)))
    (transform,) = [node for node in pipeline.components if node.id == "Transform"]
    splits = SplitsConfig(analyze=list(analyse), transform=list(features.RATING_SPLITS))
    transform.exec_properties["splits_config"] = json_format.MessageToJson(splits)
    listener = UntilTransform()
    with contextlib.suppress(Enough):
        LocalRunner(output, listener).run(pipeline, run_id="once")
    graph, examples = (
        listener.outputs[name][0].uri for name in ("transform_graph", "transformed_examples")
    )
    schema = tft.TFTransformOutput(graph).transformed_metadata.schema
    return {split: read(f"{examples}/Split-{split}/*", schema) for split in features.RATING_SPLITS}


def read(pattern: str, schema: object) -> pa.Table:
    """All rows of a split, in the order of user and movie."""
    records = tf_example_record.TFExampleRecord(
        tf.io.gfile.glob(pattern), schema=schema, telemetry_descriptors=["tests"]
    )
    batches = records.RecordBatches(RecordBatchesOptions(batch_size=20_000, num_epochs=1))
    table = pa.Table.from_batches(batches)
    keys = [
        np.stack(table[name].to_pylist())[:, 0] for name in (features.MOVIE_ID, features.USER_ID)
    ]
    return table.take(np.lexsort(keys))


def changed_features(first: dict[str, pa.Table], second: dict[str, pa.Table]) -> set[str]:
    """Names of the features of which any row of any split differs."""
    return {
        name
        for split in first
        for name in first[split].column_names
        if not first[split][name].combine_chunks().equals(second[split][name].combine_chunks())
    }


def with_test_ratings_permuted(data: Path, folder: Path) -> Path:
    """Copies a MovieLens folder, the ratings of its test rows permuted among them."""
    folder.mkdir()
    (folder / "movies.csv").write_bytes((data / "movies.csv").read_bytes())
    with (data / "ratings.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    users, movies, times = (columns[position].astype(np.int64) for position in (0, 1, 3))
    ratings = columns[2].astype(np.float32)
    test = assign_splits(users, movies, ratings, times, IngestConfig()) == TEST
    columns[2][test] = np.random.default_rng(0).permutation(columns[2][test])
    with (folder / "ratings.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([header, *zip(*columns, strict=True)])
    return folder


def first_users(data: Path, folder: Path, users: int) -> Path:
    """Copies a MovieLens folder, cut after some users."""
    folder.mkdir()
    (folder / "movies.csv").write_bytes((data / "movies.csv").read_bytes())
    header, *lines = (data / "ratings.csv").read_text().splitlines(keepends=True)
    kept = [line for line in lines if int(line.partition(",")[0]) <= users]
    (folder / "ratings.csv").write_text("".join([header, *kept]))
    return folder


def test_no_test_label_reaches_a_feature_of_any_row(tmp_path):
    data = write_default_data(tmp_path / "data")
    permuted = with_test_ratings_permuted(data, tmp_path / "permuted")
    original = transformed(data, tmp_path / "original")
    assert {split: len(table) for split, table in original.items()} == {
        "train": 71_992,
        "eval": 8_009,
        "test": 20_003,
    }
    changed = changed_features(original, transformed(permuted, tmp_path / "again"))
    assert changed == LABELS


def test_an_aggregate_over_all_splits_is_found_out(tmp_path):
    data = first_users(write_default_data(tmp_path / "data"), tmp_path / "few", users=40)
    permuted = with_test_ratings_permuted(data, tmp_path / "permuted")
    leaky = [
        transformed(folder, tmp_path / name, analyse=features.RATING_SPLITS)
        for folder, name in ((data, "original"), (permuted, "again"))
    ]
    assert {features.MOVIE_AVG_RATING, features.USER_RATING_MEAN} <= changed_features(*leaky)
