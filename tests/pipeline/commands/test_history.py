"""`movielens history` and `movielens rollback` as they are typed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.store.history import keep_outcome
from tests.support.pushed_versions import PushedVersions
from tests.support.run_records import a_run

ROOT = Path(__file__).parents[3]


@pytest.fixture
def output(versions: PushedVersions) -> list[str]:
    """Two runs that pushed; returns the option that names their folder."""
    for number in (1, 2):
        versions.pushed(f"r{number}", number)
    metrics = {"rmse": 0.8359, "auc": 0.8174, "mae": 0.6}
    keep_outcome(versions.store, a_run(run_id="r2", metrics=metrics).to_outcome())
    return ["--output", str(versions.config.output)]


def test_the_table_shows_what_was_measured_and_what_is_served(
    output: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["history", *output]) == 0
    title, heading, _, first, second = capsys.readouterr().out.splitlines()
    assert title == "Runs and rollbacks of movielens"
    assert heading.split() == [
        "time",
        "event",
        "result",
        "rmse",
        "auc",
        "ndcg_normal",
        "version",
        "now",
    ]
    assert first.split()[1:] == ["r1", "succeeded", "-", "-", "-", "1", "kept"]
    assert second.split()[1:] == ["r2", "succeeded", "0.8359", "0.8174", "-", "2", "served"]


def test_json_holds_every_metric_of_the_last_entries(
    output: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["history", *output, "--json", "--last", "1"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["run_id"] == "r2"
    assert entry["metrics"] == {"rmse": 0.8359, "auc": 0.8174, "mae": 0.6}


def test_a_rollback_says_what_is_served_now(
    output: list[str], versions: PushedVersions, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["rollback", *output, "--json"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert (told["restored_from"], told["replaced"]) == (1, 2)
    assert captured.err == (
        f"version 1 is served again, as version {told['version']}; before that, 2 was\n"
    )
    assert str(told["version"]) in versions.served()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["rollback", "7"], 2, "error: there is no version 7; pushed were: 1, 2"),
        (["rollback", "2"], 1, "error: version 2 is what is served now"),
        (["history", "--last", "0"], 2, "error: --last should be at least 1. Received: 0"),
    ],
)
def test_what_cannot_be_is_one_line(
    output: list[str],
    arguments: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main([*arguments, *output]) == code
    assert capsys.readouterr().err == f"{message}\n"


@pytest.mark.parametrize("command", ["history", "rollback"])
def test_without_any_run_nothing_is_made(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command, "--output", str(tmp_path / "none")]) == 1
    assert "nothing has been run yet" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_neither_loads_tfx_nor_tensorflow(output: list[str]) -> None:
    code = (
        "import sys; from pipeline import cli;"
        f"cli.main(['history', *{output!r}]); cli.main(['rollback', *{output!r}]);"
        "print([m for m in ('tfx', 'tensorflow', 'apache_beam') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "[]"
