"""The component's driver and executor on a log of a few requests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.orchestration import metadata
from tfx.orchestration.portable import data_types
from tfx.types import standard_artifacts

from components.movielens_example_gen.encoding import encode_catalogue
from components.movielens_example_gen.record_files import write_records
from components.serving_log_gen.driver import Driver, MissingServingLogError
from components.serving_log_gen.executor import Executor, read_counts
from components.serving_log_gen.transforms import UnreadableServingLogError
from movielens.reading.layouts import CSV_LAYOUT
from movielens.reading.movies import parse_movies
from pipeline.nodes import found_by
from tests.components.serving_log_gen.logged import logged

MOVIES = b"movieId,title,genres\n1,One (1991),Comedy|War\n7,Seven (1997),Drama\n"
RATE = logged("rate", [[-1, 1]], [[0, 4.5]], candidate_movie_ids=[[7, 99]])
RECOMMEND = logged("recommend", [[-1]], [[0]], exclude_movie_ids=[[6]])

Convert = Callable[[dict[str, list[Any]]], Any]


@pytest.fixture
def convert(tmp_path: Path) -> Convert:
    """Runs driver and executor on files of the given logs; returns the examples."""
    catalogue = standard_artifacts.Examples()
    catalogue.uri, catalogue.split_names = str(tmp_path / "catalogue"), '["catalogue"]'
    movies = encode_catalogue(parse_movies(MOVIES, CSV_LAYOUT).table)
    folder = tmp_path / "catalogue" / "Split-catalogue"
    write_records(str(folder / "data_tfrecord-00000-of-00001.gz"), str(tmp_path / "s"), [movies])

    def run(files: dict[str, list[Any]]) -> Any:
        for name, logs in files.items():
            with tf.io.TFRecordWriter(str(tmp_path / name)) as writer:
                for log in logs:
                    writer.write(log if isinstance(log, bytes) else log.SerializeToString())
        examples = standard_artifacts.Examples()
        examples.uri = str(tmp_path / "examples")
        properties = {"serving_log": str(tmp_path / "log"), "model_name": "movielens"}
        driven = drive(properties)
        Executor().Do({"catalogue": [catalogue]}, {"examples": [examples]}, driven)
        return examples

    return run


def drive(properties: dict[str, Any]) -> dict[str, Any]:
    driver = Driver(metadata.Metadata(metadata.sqlite_metadata_connection_config(":memory:")))
    examples = {"examples": [standard_artifacts.Examples()]}
    info = data_types.ExecutionInfo(exec_properties=properties, output_dict=examples)
    output = driver.run(info)
    (described,) = output.output_artifacts["examples"].artifacts
    assert described.custom_properties["input_fingerprint"].string_value
    return {name: value.string_value for name, value in output.exec_properties.items()}


def rows(examples: Any) -> list[dict[str, list[Any]]]:
    folder = Path(examples.uri) / "Split-serving"
    files = [str(path) for path in sorted(folder.iterdir())]
    found = []
    for record in tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator():
        feature = tf.train.Example.FromString(record).features.feature
        found.append(
            {
                name: list(getattr(value, value.WhichOneof("kind")).value)
                for name, value in feature.items()
            }
        )
    return found


def test_requests_become_rows_with_the_features_of_training(convert: Convert) -> None:
    examples = convert({"log-1.tfrecord": [RATE], "log-2.tfrecord": [RECOMMEND]})
    history = {"history_movie_ids": [1], "history_ratings": [4.5]}
    assert rows(examples) == [
        {"movie_id": [7], "genres": [b"Drama"], **history},
        {"movie_id": [99], **history},  # a movie that nobody told of
        {},
    ]
    assert examples.split_names == '["serving"]'
    assert read_counts(examples) == {"rows": 3, "rate": 1, "recommend": 1}
    told = found_by("ServingLogGen", {"examples": [examples]})
    assert told == "3 rows of requests: 1 rate, 1 recommend"


def test_an_empty_log_has_no_rows(convert: Convert) -> None:
    examples = convert({"log-1.tfrecord": []})
    assert rows(examples) == []
    assert found_by("ServingLogGen", {"examples": [examples]}) == ("0 rows of requests: none")


def test_what_a_killed_task_left_is_removed(convert: Convert, tmp_path: Path) -> None:
    scratch = tmp_path / "examples" / ".partial"
    scratch.mkdir(parents=True)
    (scratch / "half a file").touch()
    assert len(rows(convert({"log-1.tfrecord": [RATE]}))) == 2
    assert not scratch.exists()


def test_a_file_that_is_no_log_is_told(convert: Convert, tmp_path: Path) -> None:
    with pytest.raises(UnreadableServingLogError, match=r"log-1\.tfrecord, a file of the serving"):
        convert({"log-1.tfrecord": [RATE, b"no PredictionLog"]})
    (tmp_path / "log-1.tfrecord").write_bytes(b"no TFRecord, but long enough for a header")
    with pytest.raises(UnreadableServingLogError, match=r"log-1\.tfrecord, a file of the serving"):
        convert({})


def test_the_driver_names_the_files_and_tells_new_ones(tmp_path: Path) -> None:
    properties = {"serving_log": str(tmp_path / "log"), "model_name": "movielens"}
    with pytest.raises(MissingServingLogError, match="No file of a serving log matches"):
        drive(properties)
    (tmp_path / "log-1.tfrecord").touch()
    first = drive(properties)
    assert json.loads(first["files"]) == [str(tmp_path / "log-1.tfrecord")]
    assert drive(properties) == first
    (tmp_path / "log-2.tfrecord").touch()
    assert drive(properties)["input_fingerprint"] != first["input_fingerprint"]
