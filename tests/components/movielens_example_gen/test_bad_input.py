"""Every kind of bad input: what is kept, what is refused, and what fails the run."""

import csv
import re
from pathlib import Path

import pytest
import tensorflow as tf

from movielens.config import IngestConfig, ReadOptions
from movielens.errors import IngestError, MissingFileError, SourceError, UnknownLayoutError
from movielens.reading.source import open_source
from tests.components.movielens_example_gen.runs import RunExecutor, WriteFolder

RATINGS = "1,1,5.0,100\n1,2,1.5,200\n1,3,4.0,300\n1,4,2.0,400\n2,1,3.0,50\n"


def quarantine(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_few_bad_rows_are_quarantined_and_counted(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    ratings = RATINGS + "3,99,4.0,1\n3,1,9.0,1\n3,1,9.5,1\nmess\n"
    run = run_executor(write_folder(ratings), IngestConfig(max_bad_row_fraction=0.5))
    assert run.report["bad_rows"] == 4
    assert run.report["bad_rows_by_file"] == {
        "movies.csv": {},
        "ratings.csv": {
            "rating is not a half star from 0.5 to 5": {"rows": 2, "line": 8, "text": "3,1,9.0,1"},
            "movieId is not in the movies file": {"rows": 1, "line": 7, "text": "3,99,4.0,1"},
            "wrong field count": {"rows": 1, "line": 10, "text": "mess"},
        },
    }
    assert run.report["ratings"] == 5
    rows = quarantine(run.report_folder / "quarantine.csv")
    assert [(row["file"], row["line"], row["reason"]) for row in rows] == [
        ("ratings.csv", "7", "movieId is not in the movies file"),
        ("ratings.csv", "8", "rating is not a half star from 0.5 to 5"),
        ("ratings.csv", "9", "rating is not a half star from 0.5 to 5"),
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
        r"^Too many rows cannot be used\. ratings\.csv: 5\.00% of 100 rows \(5 rows: wrong field "
        r"count, such as line 2: 'mess'\)\. At most 0\.10% .*\(ingest\.max_bad_row_fraction\); "
        rf"see {kept}/quarantine\.csv\.$"
    )
    with pytest.raises(IngestError, match=expected):
        run_executor(folder, quarantine_dir=str(kept))
    assert len(quarantine(kept / "quarantine.csv")) == 5


def test_a_bad_movie_is_told_before_the_ratings_that_are_lost_with_it(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    """Each file with its own rows: who reads of unknown movies only looks in the wrong file."""
    movies = 'movieId,title,genres\n2,B,War\n1,"Weird Al" Forever,War\n3,C,War\n4,D,War\n'
    with pytest.raises(IngestError) as caught:
        run_executor(write_folder(RATINGS, movies))
    assert (
        "used. movies.csv: 25.00% of 4 rows (1 row: unbalanced quotes, such as line 3: "
        "'1,\"Weird Al\" Forever,War'); ratings.csv: 40.00% of 5 rows (2 rows: movieId is not in "
        "the movies file, such as line 2: '1,1,5.0,100'). At most"
    ) in str(caught.value)


def test_a_later_rating_of_the_same_movie_counts_and_none_is_bad(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    run = run_executor(write_folder(RATINGS + "1,1,0.5,90\n1,2,4.5,500\n2,1,3.0,50\n"))
    assert (run.report["bad_rows"], run.report["superseded_ratings"]) == (0, 3)
    assert run.report["ratings"] == 5
    rated = {}
    for split in ("train", "eval", "test"):
        for record in run.records(split):
            values = tf.train.Example.FromString(record).features.feature
            key = values["user_id"].int64_list.value[0], values["movie_id"].int64_list.value[0]
            rated[key] = values["rating"].float_list.value[0]
    assert rated == {(1, 1): 5.0, (1, 2): 4.5, (1, 3): 4.0, (1, 4): 2.0, (2, 1): 3.0}


def test_failure_without_a_place_for_the_quarantine_says_so(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    with pytest.raises(IngestError, match="quarantine_dir is not set"):
        run_executor(write_folder(RATINGS + "mess\n"))


def test_awkward_titles_reach_the_examples(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    movies = 'movieId,title,genres\n1,"Good, the ""Bad"", The",Western\n2,Amélie (2001),Comedy\n'
    run = run_executor(
        write_folder("1,1,5.0,1\n1,2,5.0,2\n", movies.encode("latin-1")),
        IngestConfig(max_bad_row_fraction=0.5),
    )
    titles = {
        tf.train.Example.FromString(record).features.feature["title"].bytes_list.value[0].decode()
        for record in run.records("catalogue")
    }
    assert titles == {'Good, the "Bad", The', "Amélie (2001)"}
    assert run.report["titles_not_utf8"] == {
        "movies.csv": {
            "titles": 1,
            "read_as": "cp1252",
            "line": 3,
            "title": "Amélie (2001)",
            "is_utf8_layout": True,
        }
    }


KOREAN = "movieId,title,genres\n1,기생충 (2019),War\n2,B,War\n3,C,War\n4,D,War\n".encode("cp949")


def test_many_titles_of_a_guessed_encoding_fail_until_it_is_named(
    write_folder: WriteFolder, run_executor: RunExecutor
) -> None:
    folder = write_folder(RATINGS, KOREAN)
    garbled = "기생충 (2019)".encode("cp949").decode("cp1252")
    message = (
        rf"^1 title of movies\.csv \(25\.00%\) not in UTF-8\. Read as cp1252, the first, in "
        rf"line 2, is {re.escape(repr(garbled))}\. Name their encoding: data\.encoding = 'cp1252'"
    )
    with pytest.raises(IngestError, match=message):
        run_executor(folder)
    run = run_executor(folder, reading=ReadOptions(encoding="cp949"))
    titles = {
        tf.train.Example.FromString(record).features.feature["title"].bytes_list.value[0].decode()
        for record in run.records("catalogue")
    }
    assert titles == {"기생충 (2019)", "B", "C", "D"}
    assert run.report["titles_not_utf8"]["movies.csv"]["read_as"] == "cp949"


def test_an_export_of_another_system_is_read_by_its_options(
    tmp_path: Path, run_executor: RunExecutor
) -> None:
    """Quoted, in other columns and units, under the names of Kaggle's copy of ML-20M."""
    folder = tmp_path / "kaggle"
    folder.mkdir()
    (folder / "rating.csv").write_text(
        '"","item","user","rating","when"\n'
        '"1","5","1","4.0","2009-12-14 02:52:24"\n"2","6","1","3.5","2009-12-14 02:52:25"\n'
    )
    (folder / "movie.csv").write_text('"title","item","genres"\n"A, B",5,War\n"C",6,"War"\n')
    with pytest.raises(SourceError, match=r"no column userId: .*\{user = 'userId'\}"):
        run_executor(folder)
    columns = {"user": "userId", "item": "movieId", "when": "timestamp"}
    with pytest.raises(SourceError, match="look like ISO 8601 text"):
        run_executor(folder, reading=ReadOptions(columns=columns))
    run = run_executor(folder, reading=ReadOptions(columns=columns, timestamp_unit="iso8601"))
    assert run.report["ratings"] == 2
    times = {
        tf.train.Example.FromString(record).features.feature["timestamp"].int64_list.value[0]
        for split in ("train", "eval", "test")
        for record in run.records(split)
    }
    assert times == {1260759144, 1260759145}


@pytest.mark.parametrize(
    ("ratings", "error", "message"),
    [
        (b"", SourceError, r"ratings\.csv is empty"),
        (b"userId,movieId,rating,timestamp\n", SourceError, "has a header but no rows"),
        (
            b"userId,movieId,rating,timestamp\n1,1,5.0,100\n1,2,3",
            SourceError,
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


def test_a_file_in_place_of_a_folder_is_named(run_executor: RunExecutor, tmp_path: Path) -> None:
    (tmp_path / "ml.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(MissingFileError, match=r"ml\.zip is a file\. .*archive .* extracted"):
        open_source(str(tmp_path / "ml.zip"))


def test_the_folder_within_a_folder_is_suggested(write_folder: WriteFolder, tmp_path: Path) -> None:
    folder = write_folder(RATINGS, name="extracted/ml-small")
    with pytest.raises(UnknownLayoutError, match=f"Or did you mean {folder}\\?"):
        open_source(str(tmp_path / "extracted"))


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
