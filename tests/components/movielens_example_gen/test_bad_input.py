"""Every kind of bad input: what is kept, what is refused, and what fails the run."""

import csv
from pathlib import Path

import pytest
import tensorflow as tf

from components.movielens_example_gen.config import IngestConfig
from components.movielens_example_gen.errors import (
    EmptyFileError,
    IngestError,
    MissingFileError,
    TooManyBadRowsError,
    TruncatedFileError,
    UnknownLayoutError,
)
from tests.components.movielens_example_gen.runs import RunExecutor, WriteFolder

RATINGS = "1,1,5.0,100\n1,2,1.5,200\n1,3,4.0,300\n1,4,2.0,400\n2,1,3.0,50\n"


def quarantine(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_few_bad_rows_are_quarantined_and_counted(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    ratings = RATINGS + "1,1,4.5,500\n3,99,4.0,1\n3,1,9.0,1\nmess\n"
    run = run_executor(write_folder(ratings), IngestConfig(max_bad_row_fraction=0.5))
    assert run.report["bad_rows_by_reason"] == {
        "duplicate user-movie pair": 1,
        "unknown movie": 1,
        "rating off the scale": 1,
        "wrong field count": 1,
    }
    assert run.report["ratings"] == 5
    rows = quarantine(run.report_folder / "quarantine.csv")
    assert [(row["file"], row["line"], row["reason"]) for row in rows] == [
        ("ratings.csv", "7", "duplicate user-movie pair"),
        ("ratings.csv", "8", "unknown movie"),
        ("ratings.csv", "9", "rating off the scale"),
        ("ratings.csv", "10", "wrong field count"),
    ]
    assert rows[3]["text"] == "mess"


def test_too_many_bad_rows_fail_and_leave_the_quarantine(
    write_folder: WriteFolder, run_executor: RunExecutor, tmp_path: Path
) -> None:
    good = [f"{user},{movie},4.0,{user}" for user in range(1, 25) for movie in range(1, 5)]
    folder = write_folder("\n".join(["mess"] * 5 + good[:95]) + "\n")
    kept = tmp_path / "kept"
    expected = (
        r"5\.00% of the 100 rows of ratings\.csv cannot be used \(5 wrong field count\), above "
        rf"max_bad_row_fraction = 0\.10%; see {kept}/quarantine\.csv"
    )
    with pytest.raises(TooManyBadRowsError, match=expected):
        run_executor(folder, quarantine_dir=str(kept))
    assert len(quarantine(kept / "quarantine.csv")) == 5


def test_failure_without_a_place_for_the_quarantine_says_so(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    with pytest.raises(TooManyBadRowsError, match="quarantine_dir is not set"):
        run_executor(write_folder(RATINGS + "mess\n"))


def test_awkward_titles_reach_the_examples(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    movies = 'movieId,title,genres\n1,"Good, the ""Bad"", The",Western\n2,Amélie (2001),Comedy\n'
    run = run_executor(write_folder("1,1,5.0,1\n1,2,5.0,2\n", movies.encode("latin-1")))
    titles = {
        tf.train.Example.FromString(record).features.feature["title"].bytes_list.value[0].decode()
        for record in run.records("catalogue")
    }
    assert titles == {'Good, the "Bad", The', "Amélie (2001)"}
    assert run.report["recovered_titles"] == 1


@pytest.mark.parametrize(
    ("ratings", "error", "message"),
    [
        (b"", EmptyFileError, r"ratings\.csv is empty"),
        (b"userId,movieId,rating,timestamp\n", EmptyFileError, "has a header but no rows"),
        (
            b"userId,movieId,rating,timestamp\n1,1,5.0,100\n1,2,3",
            TruncatedFileError,
            r"ratings\.csv ends in the middle of a line \('1,2,3'\)",
        ),
    ],
)
def test_unusable_ratings_file_fails_before_any_work(
    ratings: bytes,
    error: type[IngestError],
    message: str,
    write_folder: WriteFolder,
    run_executor: RunExecutor,
    tmp_path: Path,
) -> None:
    with pytest.raises(error, match=message):
        run_executor(write_folder(ratings))
    assert not (tmp_path / "out").exists()


def test_missing_folder_is_named(run_executor: RunExecutor, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"nowhere does not exist\. Give a folder"):
        run_executor(tmp_path / "nowhere")


def test_missing_movies_file_is_named(write_folder: WriteFolder, run_executor: RunExecutor) -> None:
    folder = write_folder(RATINGS)
    (folder / "movies.csv").unlink()
    with pytest.raises(MissingFileError, match=r"has ratings\.csv but no movies\.csv"):
        run_executor(folder)


def test_folder_of_another_kind_is_refused(run_executor: RunExecutor, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(UnknownLayoutError, match=r"is no MovieLens folder.*found nothing"):
        run_executor(tmp_path / "data")


def test_every_error_is_one_line(write_folder: WriteFolder, run_executor: RunExecutor) -> None:
    with pytest.raises(IngestError) as caught:
        run_executor(write_folder(RATINGS + "mess\n"))
    assert "\n" not in str(caught.value)
