"""The executor from files to TFX artifacts."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from components.movielens_example_gen.driver import last_spans, spans
from movielens.config import IngestConfig
from tests.components.movielens_example_gen.runs import MOVIES_CSV, RunExecutor, WriteFolder

# User 1 rated all four movies, one after the other; user 2 rated one.
RATINGS = "1,1,5.0,100\n1,2,1.5,200\n1,3,4.0,300\n1,4,2.0,400\n2,1,3.0,50\n"


def parse(records: list[bytes]) -> dict[tuple[int, int], dict[str, list[object]]]:
    """Returns the features of each example by user and movie."""
    rows = {}
    for record in records:
        values = {}
        for name, feature in tf.train.Example.FromString(record).features.feature.items():
            kind = feature.WhichOneof("kind")
            values[name] = list(getattr(feature, kind).value)
        rows[values["user_id"][0], values["movie_id"][0]] = values
    return rows


def test_folder_becomes_examples_with_histories(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    run = run_executor(write_folder(RATINGS), IngestConfig(eval_fraction=0.3))
    # Of user 1's four: round(.8) = 1 test, round(.9) = 1 of the other three eval.
    train, evaluated, test = (parse(run.records(split)) for split in ("train", "eval", "test"))
    assert set(train) == {(1, 1), (1, 2), (2, 1)}
    assert set(evaluated) == {(1, 3)}
    assert test == {
        (1, 4): {
            "user_id": [1],
            "movie_id": [4],
            "title": [b""],
            "genres": [b"Drama"],
            "timestamp": [400],
            "rating": [2.0],
            "history_movie_ids": [3, 2, 1],
            "history_ratings": [4.0, 1.5, 5.0],
        }
    }
    assert evaluated[1, 3]["history_movie_ids"] == [2, 1]
    assert "genres" not in evaluated[1, 3]
    histories = {"history_movie_ids", "history_ratings"}
    assert not any(histories & row.keys() for row in train.values())


@pytest.mark.parametrize(
    ("separator", "ratings_name", "movies_name", "movies"),
    [
        ("::", "ratings.dat", "movies.dat", "1::Heat (1995)::Crime\n2::Fée::Children's\n"),
        (
            "\t",
            "u.data",
            "u.item",
            f"1|Heat (1995)||||{'0|' * 6}1{'|0' * 12}\n2|Fée||||{'0|' * 4}1{'|0' * 14}\n",
        ),
    ],
)
def test_older_layouts_give_the_same_examples(
    separator: str,
    ratings_name: str,
    movies_name: str,
    movies: str,
    run_executor: RunExecutor,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    lines = [["1", "1", "5", "978300760"], ["1", "2", "3", "978302109"]]
    text = "".join(separator.join(line) + "\n" for line in lines)
    (folder / ratings_name).write_text(text, encoding="ascii")
    (folder / movies_name).write_text(movies, encoding="latin-1")
    run = run_executor(folder)
    assert run.report["layout"] == f"{ratings_name} + {movies_name}"
    assert parse(run.records("test"))[1, 2] == {
        "user_id": [1],
        "movie_id": [2],
        "title": ["Fée".encode()],
        "genres": [b"Children"],
        "timestamp": [978302109],
        "rating": [3.0],
        "history_movie_ids": [1],
        "history_ratings": [5.0],
    }
    assert parse(run.records("train"))[1, 1]["genres"] == [b"Crime"]


def test_artifact_reads_like_any_other_examples(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    from tfx.components.util import examples_utils
    from tfx.proto import example_gen_pb2

    run = run_executor(write_folder(RATINGS))
    assert run.examples.split_names == '["train", "eval", "test", "catalogue"]'
    payload = examples_utils.get_payload_format(run.examples)
    assert payload == example_gen_pb2.FORMAT_TF_EXAMPLE
    assert examples_utils.get_file_format(run.examples) == "tfrecords_gzip"
    assert not Path(run.examples.uri, ".partial").exists()
    names = [file.name for file in Path(run.examples.uri, "Split-train").iterdir()]
    assert names == ["data_tfrecord-00000-of-00001.gz"]


def test_catalogue_holds_movies_that_nobody_rated(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    run = run_executor(write_folder("1,1,5.0,100\n"))
    examples = [tf.train.Example.FromString(record) for record in run.records("catalogue")]
    ids = [example.features.feature["movie_id"].int64_list.value[0] for example in examples]
    assert ids == [1, 2, 3, 4]


def test_report_counts_what_was_found(write_folder: WriteFolder, run_executor: RunExecutor) -> None:
    report = run_executor(write_folder(RATINGS)).report
    assert report["layout"] == "ratings.csv + movies.csv"
    assert (report["ratings"], report["users"], report["movies"]) == (5, 2, 4)
    assert report["rows_read"] == {"ratings.csv": 5, "movies.csv": 4}
    assert report["bad_rows"] == 0
    assert report["splits"] == {"train": 4, "eval": 0, "test": 1, "catalogue": 4}
    assert report["split_sha256"] == hashlib.sha256(b"1,4").hexdigest()  # the only test rating


@pytest.mark.parametrize("name", ["temporal", "reference", "global_time", "random"])
def test_real_data_are_split_in_shards_as_they_are_at_once(
    name: Any,
    default_folder: Path,
    real_ratings: npt.NDArray[np.void],
    run_executor: RunExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from components.movielens_example_gen import steps
    from movielens.splits import TEST, assign_splits, pairs_sha256

    monkeypatch.setattr(steps, "SHARD_BYTES", 1 << 19)
    monkeypatch.setattr(steps, "BLOCK_BYTES", 1 << 19)
    config = IngestConfig(split=name, max_history=3)
    run = run_executor(default_folder, config)
    columns = [real_ratings[column] for column in ("user_id", "movie_id", "rating", "timestamp")]
    test = real_ratings[assign_splits(*columns, config) == TEST]  # type: ignore[arg-type, call-arg]
    assert run.report["split_sha256"] == pairs_sha256(test["user_id"], test["movie_id"])
    assert run.report["splits"]["test"] == len(test)
    assert run.report["users"] == 671
    assert len(list(Path(run.examples.uri, "Split-eval").iterdir())) == 4


def test_latest_span_and_version_are_read(
    write_folder: WriteFolder, run_executor: RunExecutor, tmp_path: Path
) -> None:
    write_folder("1,1,5.0,100\n", name="in/span-1/v-1")
    write_folder("1,1,5.0,100\n1,2,4.0,200\n", name="in/span-2/v-1")
    write_folder(RATINGS, name="in/span-2/v-2")
    pattern = tmp_path / "in/span-{SPAN}/v-{VERSION}"
    assert run_executor(pattern).report["ratings"] == 5


def test_a_window_of_spans_is_read_as_one_and_nothing_before_it(
    write_folder: WriteFolder, run_executor: RunExecutor, tmp_path: Path
) -> None:
    """Span 1 is out of the window; span 3 was never delivered; span 4 rates a movie anew."""
    write_folder("7,1,5.0,100\n", name="in/span-1")
    write_folder("1,1,5.0,100\n1,2,4.0,200\nx,1,1,1\n", name="in/span-2")
    retitled = MOVIES_CSV.replace("Babylon 5", "Babylon 5 (1993)")
    write_folder("1,2,1.0,300\n1,3,3.0,400\n", movies=retitled, name="in/span-4")
    config = IngestConfig(max_bad_row_fraction=0.5)
    run = run_executor(tmp_path / "in/span-{SPAN}", config, range_config=last_spans(3))
    assert (run.report["ratings"], run.report["users"], run.report["movies"]) == (3, 1, 4)
    assert run.report["superseded_ratings"] == 1
    assert run.report["rows_read"] == {
        "span-2/movies.csv": 4,
        "span-2/ratings.csv": 3,
        "span-4/movies.csv": 4,
        "span-4/ratings.csv": 2,
    }
    quarantine = (run.report_folder / "quarantine.csv").read_text("utf-8").splitlines()
    assert quarantine[1:] == ['span-2/ratings.csv,4,userId is not a whole number,"x,1,1,1"']
    tested = parse(run.records("test"))[1, 3]
    assert tested["title"] == [b"Babylon 5 (1993)"]
    assert tested["history_movie_ids"] == [2, 1]
    assert tested["history_ratings"] == [1.0, 5.0]


def test_an_old_span_can_be_read_again(
    write_folder: WriteFolder, run_executor: RunExecutor, tmp_path: Path
) -> None:
    write_folder("1,1,5.0,100\n", name="in/span-1")
    write_folder(RATINGS, name="in/span-2")
    pattern = tmp_path / "in/span-{SPAN}"
    assert run_executor(pattern, range_config=spans(1, 1)).report["ratings"] == 1
