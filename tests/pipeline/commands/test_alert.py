import json
import sys
from pathlib import Path

import pytest

from pipeline import cli

COPY = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"


def write_config(tmp_path: Path, *command: str, on: str = '["failed", "late"]') -> list[str]:
    file = tmp_path / "movielens.toml"
    file.write_text(
        f'[pipeline]\noutput = "{tmp_path}/output"\n'
        f"[alerts]\non = {on}\ncommand = {json.dumps(list(command))}\n"
    )
    return ["alert", "--config", str(file), "--run-id", "r1", "--why", "timed out"]


def test_the_command_of_the_configuration_is_told(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    arguments = write_config(tmp_path, sys.executable, "-c", COPY, str(told))
    assert cli.main([*arguments, "--status", "failed", "--node", "Trainer"]) == 0
    assert json.loads(told.read_text()) == {
        "event": "scheduler_alert",
        "pipeline": "movielens",
        "run_id": "r1",
        "status": "failed",
        "failed_node": "Trainer",
        "failures": ["timed out"],
        "output": f"{tmp_path}/output",
    }


@pytest.mark.parametrize(("of_run", "told_too"), [("r1", ["Trainer: disk full"]), ("r0", [])])
def test_what_the_node_wrote_of_this_run_is_told_too(
    tmp_path: Path, of_run: str, told_too: list[str]
) -> None:
    (tmp_path / "output").mkdir()
    summary = {"run_id": of_run, "failures": ["Trainer: disk full"]}
    (tmp_path / "output" / "summary.json").write_text(json.dumps(summary))
    told = tmp_path / "told.json"
    arguments = write_config(tmp_path, sys.executable, "-c", COPY, str(told))
    assert cli.main([*arguments, "--status", "failed", "--node", "Trainer"]) == 0
    assert json.loads(told.read_text())["failures"] == ["timed out", *told_too]


def test_what_the_configuration_does_not_want_to_know_is_not_told(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    arguments = write_config(tmp_path, sys.executable, "-c", COPY, str(told), on='["failed"]')
    assert cli.main([*arguments, "--status", "late"]) == 0
    assert not told.exists()


def test_an_alert_that_cannot_be_delivered_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = write_config(tmp_path, "/no/such/pager")
    assert cli.main([*arguments, "--status", "late"]) == 1
    assert "the alert command /no/such/pager cannot be run" in capsys.readouterr().err
