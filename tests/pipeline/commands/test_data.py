import json
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.movielens.archive_server import serve_archives


def test_default_data_are_written_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--output", str(tmp_path / "d"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["source"] == "default"
    assert set(result["files"]) == {"movies.csv", "ratings.csv"}
    assert result["files"]["ratings.csv"] == (tmp_path / "d" / "ratings.csv").stat().st_size


def test_output_defaults_to_a_folder_below_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["data", "--synthetic", "3", "10", "1_2", "--seed", "4"]) == 0
    assert (tmp_path / "data/synthetic-3-10-12-4/ratings.csv").read_text().count("\n") == 13
    out, err = capsys.readouterr()
    assert "ratings.csv" in out
    assert "movielens run --data data/synthetic-3-10-12-4" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--name", "ml-7m"], "name should be one of ml-32m"),
        (["--synthetic", "10", "4", "100"], "ratings should be from 10"),
        (["--synthetic", "ten", "4", "100"], "invalid int value: 'ten'"),
        (["--seed", "3"], "--seed goes with --synthetic only"),
        (["--base-url", "http://x"], "--base-url goes with --name only"),
        (["--name", "ml-1m", "--base-url", "ftp://x"], "should start with https://"),
        (["--name", "ml-1m", "--synthetic", "1", "2", "1"], "not allowed with argument"),
    ],
)
def test_mistake_is_one_line_and_exit_code_2(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--output", str(tmp_path / "d"), *options]) == 2
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith("error: ")
    assert message in last
    assert not (tmp_path / "d").exists()


def test_other_data_in_the_folder_are_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ratings.csv").write_text("mine", encoding="utf-8")
    assert main(["data", "--output", str(tmp_path)]) == 2
    assert "ratings.csv exists and holds other data" in capsys.readouterr().err


def test_failed_download_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve_archives() as served:
        options = ["--name", "ml-1m", "--base-url", served.url, "--output", str(tmp_path / "d")]
        assert main(["data", *options]) == 1
    *_, last = capsys.readouterr().err.splitlines()
    assert last == f"error: {served.url}/ml-1m.zip: the server answered 404 Not Found."


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["data", "--help"])
    assert "movielens data --name ml-25m" in capsys.readouterr().out
