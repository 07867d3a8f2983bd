"""How much of a split its statistics are of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatisticsList
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import standard_artifacts
from tfx_bsl.tfxio import tf_example_record

from components.batched_reading import BatchedExamples
from components.statistics_gen.executor import Executor, write_rows
from pipeline.config.general import IN_PROCESS_BEAM_ARGS
from pipeline.nodes import found_by

ROWS = {"train": 30_000, "eval": 90}
Run = Callable[[int], Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the executor on examples of `ROWS` with `max_rows`; returns the statistics."""
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = str(tmp_path / "examples"), '["train", "eval"]'
    examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
    examples_utils.set_file_format(examples, "tfrecords_gzip")
    write_rows(examples, ROWS)
    record = tf.train.Example()
    record.features.feature["rating"].float_list.value.append(4.0)
    for split, rows in ROWS.items():
        folder = tmp_path / "examples" / f"Split-{split}"
        folder.mkdir(parents=True)
        with tf.io.TFRecordWriter(str(folder / "data.gz"), "GZIP") as writer:
            for _ in range(rows):
                writer.write(record.SerializeToString())
    monkeypatch.setattr(tf_example_record, "TFExampleRecord", BatchedExamples)

    def run(max_rows: int) -> Any:
        statistics = standard_artifacts.ExampleStatistics()
        statistics.uri = str(tmp_path / "statistics")
        context = Executor.Context(
            beam_pipeline_args=list(IN_PROCESS_BEAM_ARGS),
            tmp_dir=str(tmp_path / "tmp"),
            unique_id="1",
        )
        options = {"exclude_splits": "[]", "stats_options_json": "", "max_rows": max_rows}
        Executor(context).Do({"examples": [examples]}, {"statistics": [statistics]}, options)
        return statistics

    return run


def counted(statistics: Any, split: str) -> int:
    file = Path(statistics.uri, f"Split-{split}", "FeatureStats.pb")
    found = DatasetFeatureStatisticsList.FromString(file.read_bytes())
    return int(found.datasets[0].num_examples)


def test_a_split_of_more_rows_is_sampled_and_the_line_says_so(run: Run) -> None:
    statistics = run(10_000)
    # Batches of 1,000 are drawn. Fewer than 1 or more than 25 of 30 have a chance below 1e-5.
    assert counted(statistics, "train") in range(1_000, 26_000, 1_000)
    assert counted(statistics, "eval") == 90
    line = found_by("StatisticsGen", {"statistics": [statistics]})
    assert line == "splits train (a sample of 33.3%), eval"


def test_zero_takes_all_rows(run: Run) -> None:
    statistics = run(0)
    assert counted(statistics, "train") == 30_000
    assert found_by("StatisticsGen", {"statistics": [statistics]}) == "splits train, eval"
